package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.kubernetes.Sight;
import io.walarchiver.sidecar.doctor.Evidence.PluginEvidence;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** The two Secrets by which the operator and the plugin prove to each other who they are. */
final class CertificateCheck {

    private static final String SERVER = "server certificate";
    private static final String CLIENT = "client certificate";
    private static final String ISSUER = "cert-manager";
    private static final String SERVER_USAGE = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_USAGE = "1.3.6.1.5.5.7.3.2";
    private static final int DNS_NAME = 2;

    /** cert-manager renews 30 days before the end, and has tried for half of that time then. */
    private static final Duration SOON = Duration.ofDays(15);

    private static final String RENEW =
            "with cert-manager: kubectl describe certificate; without it: helm upgrade with another value of"
                    + " certificates.generated.renewal, or make the Secret anew";

    private final PluginEvidence plugin;
    private final Instant now;
    private final Findings findings;

    private CertificateCheck(Evidence evidence, Findings findings) {
        this.plugin = evidence.plugin();
        this.now = evidence.now();
        this.findings = findings;
    }

    static void examine(Evidence evidence, Findings findings) {
        CertificateCheck check = new CertificateCheck(evidence, findings);
        Optional<ObjectNode> service = check.plugin.place().service();
        if (service.isEmpty()) {
            findings.skipped(SERVER, check.plugin.place().pluginName(), "needs the plugin's Service");
            findings.skipped(CLIENT, check.plugin.place().pluginName(), "needs the plugin's Service");
            return;
        }
        ObjectNode known = service.orElseThrow();
        String expected = Optional.of(Fields.annotation(known, DiscoveryCheck.SERVER_NAME))
                .filter(name -> !name.isEmpty())
                .orElseGet(() -> Fields.name(known));
        check.secret(SERVER, DiscoveryCheck.SERVER_SECRET, check.plugin.serverSecret(), SERVER_USAGE, expected);
        check.secret(CLIENT, DiscoveryCheck.CLIENT_SECRET, check.plugin.clientSecret(), CLIENT_USAGE, "");
        check.issuer(known);
    }

    private void secret(String check, String annotation, Sight<ObjectNode> sight, String usage, String serverName) {
        ObjectNode service = plugin.place().service().orElseThrow();
        String name = Fields.annotation(service, annotation);
        String subject = Fields.namespace(service) + "/" + name;
        if (name.isEmpty()) {
            findings.skipped(check, Fields.title(service), "the Service does not say which Secret");
            return;
        }
        if (findings.unseen(check, subject, sight)) {
            return;
        }
        if (sight.found().isEmpty()) {
            findings.fail(
                    check,
                    subject,
                    "there is no such Secret",
                    "look whether cert-manager is installed and has issued it (kubectl -n " + Fields.namespace(service)
                            + " get certificates), or use certificates.mode=generated");
            return;
        }
        JsonNode data = sight.found().orElseThrow().path("data");
        try {
            List<X509Certificate> chain =
                    TlsKeyPair.certificates(data.path("tls.crt").asText());
            List<String> wrong = wrong(chain, data.path("tls.key").asText(), usage, serverName);
            Instant end = chain.get(0).getNotAfter().toInstant();
            if (!wrong.isEmpty()) {
                findings.fail(check, subject, String.join("; ", wrong), RENEW);
            } else if (end.isBefore(now.plus(SOON))) {
                findings.warn(check, subject, "ends on " + day(end) + " and has not been renewed", RENEW);
            } else {
                findings.ok(check, subject, "valid until " + day(end));
            }
        } catch (GeneralSecurityException e) {
            findings.fail(check, subject, "tls.crt is missing or holds no certificate", RENEW);
        }
    }

    private List<String> wrong(List<X509Certificate> chain, String key, String usage, String serverName)
            throws CertificateParsingException {
        X509Certificate leaf = chain.get(0);
        List<String> wrong = new ArrayList<>();
        Instant end = leaf.getNotAfter().toInstant();
        Instant begin = leaf.getNotBefore().toInstant();
        if (now.isAfter(end)) {
            wrong.add("tls.crt ended on " + day(end));
        } else if (now.isBefore(begin)) {
            wrong.add("tls.crt is not valid before " + begin + "; is the clock right?");
        }
        TlsKeyPair.mismatch(leaf, key).ifPresent(wrong::add);
        List<String> usages = leaf.getExtendedKeyUsage();
        if (usages != null && !usages.contains(usage)) {
            wrong.add("tls.crt lacks the usage " + (usage.equals(SERVER_USAGE) ? "server auth" : "client auth"));
        }
        if (!serverName.isEmpty() && !names(leaf).contains(serverName)) {
            wrong.add("tls.crt does not have the DNS name " + serverName + ", by which the operator checks it; it has "
                    + (names(leaf).isEmpty() ? "none" : String.join(", ", names(leaf))));
        }
        return wrong;
    }

    private static Collection<String> names(X509Certificate certificate) throws CertificateParsingException {
        Collection<String> names = new TreeSet<>();
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        if (alternatives != null) {
            for (List<?> alternative : alternatives) {
                if (alternative.get(0).equals(DNS_NAME)) {
                    names.add(String.valueOf(alternative.get(1)));
                }
            }
        }
        return names;
    }

    /** What cert-manager says of the certificates that fill the two Secrets; nothing where it makes none of them. */
    private void issuer(JsonNode service) {
        List<String> secrets = List.of(
                Fields.annotation(service, DiscoveryCheck.SERVER_SECRET),
                Fields.annotation(service, DiscoveryCheck.CLIENT_SECRET));
        if (findings.unseen(ISSUER, Fields.namespace(service), plugin.certificates())) {
            return;
        }
        for (ObjectNode certificate : plugin.certificates().found().orElse(List.of())) {
            if (!secrets.contains(certificate.at("/spec/secretName").asText())) {
                continue;
            }
            Optional<JsonNode> ready = Fields.condition(certificate.at("/status/conditions"), "Ready");
            if (ready.filter(condition -> Fields.isStatus(condition, "True")).isPresent()) {
                findings.ok(ISSUER, Fields.title(certificate), "issued");
            } else {
                findings.fail(
                        ISSUER,
                        Fields.title(certificate),
                        "not issued: " + ready.map(Fields::words).orElse("no word of cert-manager"),
                        "kubectl -n " + Fields.namespace(certificate) + " describe certificate "
                                + Fields.name(certificate) + "; look whether cert-manager runs");
            }
        }
    }

    private static String day(Instant time) {
        return time.truncatedTo(ChronoUnit.DAYS).toString().substring(0, 10);
    }
}
