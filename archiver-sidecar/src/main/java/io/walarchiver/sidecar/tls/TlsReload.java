package io.walarchiver.sidecar.tls;

import io.walarchiver.sidecar.tls.TlsMaterial.Content;
import io.walarchiver.sidecar.tls.TlsMaterial.UnusableException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The material of a server, followed by reading its files again and again: a Secret is mounted behind links that are
 * swapped, which the notifications of the operating system do not tell of. When the files become unusable, what was read
 * before stays. Safe for many threads.
 */
public final class TlsReload {

    /** Told what came of looking. */
    public interface Observer {

        /** Other material is used from now on. */
        void loaded();

        /** There is other material, and it is not usable. */
        void refused();
    }

    private static final Logger LOG = LoggerFactory.getLogger(TlsReload.class);

    private record Loaded(Content content, TlsMaterial material) {}

    private final TlsFiles files;
    private final Observer observer;
    private final AtomicReference<@Nullable Loaded> loaded = new AtomicReference<>();
    private final AtomicReference<@Nullable String> trouble = new AtomicReference<>("not read yet");

    /** Reads nothing yet. */
    public TlsReload(TlsFiles files, Observer observer) {
        this.files = files;
        this.observer = observer;
    }

    /** Reads the files now and then, for as long as it is subscribed. Never ends by itself. */
    public Mono<Void> follow(Duration every, Scheduler fileIo) {
        return Flux.interval(every, fileIo)
                .onBackpressureDrop()
                .concatMap(tick -> Mono.fromRunnable(this::refresh).subscribeOn(fileIo), 1)
                .then();
    }

    /** Reads the files; blocks for as long as that takes. Only a change is told. */
    public synchronized void refresh() {
        Loaded before = loaded.get();
        try {
            Content content = Content.read(files);
            if (before == null || !before.content.isSameAs(content)) {
                TlsMaterial material = TlsMaterial.of(files, content);
                loaded.set(new Loaded(content, material));
                observer.loaded();
                LOG.atInfo()
                        .addKeyValue("certificate", describe(material.chain().get(0)))
                        .addKeyValue(
                                "ends",
                                material.chain()
                                        .get(0)
                                        .getNotAfter()
                                        .toInstant()
                                        .toString())
                        .addKeyValue("trusted", material.trusted().size())
                        .log("certificates loaded");
            }
            trouble.set(null);
        } catch (UnusableException e) {
            String message = String.valueOf(e.getMessage());
            if (!message.equals(trouble.getAndSet(message))) {
                observer.refused();
                LOG.error(
                        "the certificates cannot be used, {}: {}",
                        before == null ? "nobody can connect" : "those read before stay in use",
                        message);
            }
        }
    }

    /** What is in use; empty before anything usable was read. */
    public Optional<TlsMaterial> current() {
        return Optional.ofNullable(loaded.get()).map(Loaded::material);
    }

    /** Why the files as they are now cannot be used. */
    public Optional<String> trouble() {
        return Optional.ofNullable(trouble.get());
    }

    /** When the server's own certificate, or one that it sends along, ends first. */
    public Optional<Instant> serverCertificateEnds() {
        return current().flatMap(material -> first(material.chain()));
    }

    /** When the first of the trusted certificates ends. */
    public Optional<Instant> trustEnds() {
        return current().flatMap(material -> first(material.trusted()));
    }

    private static Optional<Instant> first(Iterable<X509Certificate> certificates) {
        Instant earliest = null;
        for (X509Certificate certificate : certificates) {
            Instant end = certificate.getNotAfter().toInstant();
            if (earliest == null || end.isBefore(earliest)) {
                earliest = end;
            }
        }
        return Optional.ofNullable(earliest);
    }

    private static String describe(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName() + " #"
                + certificate.getSerialNumber().toString(16);
    }
}
