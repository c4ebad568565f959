package io.walarchiver.bridge.objectstore;

import static io.walarchiver.bridge.objectstore.StoreRules.CONFIGURATION;

import com.fasterxml.jackson.databind.JsonNode;
import io.walarchiver.bridge.objectstore.AdditionalArguments.Option;
import io.walarchiver.bridge.objectstore.AdditionalArguments.Tool;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.Configuration;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.InstanceSidecar;
import io.walarchiver.bridge.objectstore.ObjectStoreSpec.S3Credentials;
import java.time.Duration;
import java.time.Period;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * From a spec and its Secrets to the configuration of a store.
 *
 * <p>Options that describe the store rather than one tool (time-out, addressing, profile) hold for every request,
 * whichever list they stand in; a field of the resource wins over an option.
 */
final class StoreResolver {

    private static final int DEFAULT_JOBS = 2;

    private final String name;
    private final ObjectStoreSpec spec;
    private final Configuration configuration;
    private final SecretResolver secrets;
    private final Problems problems;
    private final ArgumentValues values;
    private final AdditionalArguments walArchive;
    private final AdditionalArguments walRestore;
    private final AdditionalArguments backup;
    private final List<AdditionalArguments> all;

    StoreResolver(String name, ObjectStoreSpec spec, SecretResolver secrets, Problems problems) {
        this.name = name;
        this.spec = spec;
        this.configuration = spec.configuration();
        this.secrets = secrets;
        this.problems = problems;
        this.values = new ArgumentValues(problems);
        walArchive = AdditionalArguments.parse(
                configuration.wal().archiveAdditionalCommandArgs(),
                CONFIGURATION + ".wal.archiveAdditionalCommandArgs",
                Tool.WAL_ARCHIVE,
                problems);
        walRestore = AdditionalArguments.parse(
                configuration.wal().restoreAdditionalCommandArgs(),
                CONFIGURATION + ".wal.restoreAdditionalCommandArgs",
                Tool.WAL_RESTORE,
                problems);
        backup = AdditionalArguments.parse(
                configuration.data().additionalCommandArgs(),
                CONFIGURATION + ".data.additionalCommandArgs",
                Tool.BACKUP,
                problems);
        all = List.of(
                walArchive,
                walRestore,
                backup,
                AdditionalArguments.parse(
                        configuration.data().restoreAdditionalCommandArgs(),
                        CONFIGURATION + ".data.restoreAdditionalCommandArgs",
                        Tool.RESTORE,
                        problems));
    }

    /** The configuration. Throws {@link InvalidStoreException} with everything wrong so far when there is anything. */
    StoreConfiguration resolve(String source) {
        Optional<Destination> destination = configuration.destinationPath().isEmpty()
                ? Optional.empty()
                : Destination.parse(configuration.destinationPath(), CONFIGURATION + ".destinationPath", problems);
        new StoreRules(problems).check(spec, destination);
        Optional<StoreProvider> provider = provider(destination);
        WalSettings wal = wal();
        DataSettings data = data();
        problems.throwIfAny(source);
        return new StoreConfiguration(
                name,
                configuration.destinationPath(),
                provider.orElseThrow(() -> new IllegalStateException("a store without provider has no problem")),
                wal,
                data,
                configuration.tags(),
                configuration.historyTags(),
                spec.retentionPolicy().map(StoreResolver::recoveryWindow),
                problems.warnings());
    }

    private Optional<StoreProvider> provider(Optional<Destination> destination) {
        if (destination.isPresent() && destination.orElseThrow() instanceof Destination.Directory directory) {
            warnAboutFieldsWithoutMeaningForFiles();
            return Optional.of(new StoreProvider.FileDirectory(directory.directory()));
        }
        return s3(destination.filter(Destination.Bucket.class::isInstance).map(Destination.Bucket.class::cast));
    }

    private Optional<StoreProvider> s3(Optional<Destination.Bucket> destination) {
        // Everything is looked at before anything is given up, so that all problems come at once.
        Optional<S3Access> access = configuration.s3Credentials().flatMap(this::access);
        Optional<String> region = configuration
                .s3Credentials()
                .flatMap(credentials -> secrets.resolve(credentials.region(), CONFIGURATION + ".s3Credentials.region"))
                .map(SecretText::reveal);
        StoreEndpoint endpoint = StoreEndpoint.resolve(configuration, secrets, problems);
        AddressingStyle style = configuration
                .s3()
                .addressingStyle()
                .or(() -> first(Option.ADDRESSING_STYLE).flatMap(values::addressingStyle))
                .orElse(AddressingStyle.AUTO);
        Optional<Duration> timeout = timeout();
        return destination.flatMap(bucket -> access.map(known -> new StoreProvider.S3(
                bucket.bucket(),
                bucket.prefix(),
                endpoint.address(),
                region,
                known,
                style,
                checksumMode(),
                endpoint.certificates(),
                timeout)));
    }

    private Optional<S3Access> access(S3Credentials credentials) {
        String path = CONFIGURATION + ".s3Credentials";
        Optional<AdditionalArguments.Argument> profile = first(Option.PROFILE);
        if (credentials.inheritFromIAMRole()) {
            return Optional.of(new S3Access.DefaultChain(profile.map(AdditionalArguments.Argument::value)));
        }
        profile.ifPresent(argument -> problems.warn(argument.path(), "the profile is ignored: s3Credentials has keys"));
        Optional<SecretText> id = secrets.resolve(credentials.accessKeyId(), path + ".accessKeyId");
        Optional<SecretText> secret = secrets.resolve(credentials.secretAccessKey(), path + ".secretAccessKey");
        Optional<SecretText> token = secrets.resolve(credentials.sessionToken(), path + ".sessionToken");
        return id.flatMap(key -> secret.map(password -> new S3Access.StaticKeys(key, password, token)));
    }

    private Optional<Duration> timeout() {
        Optional<Duration> option = first(Option.READ_TIMEOUT).flatMap(values::seconds);
        OptionalInt field = configuration.s3().requestTimeoutSeconds();
        return field.isPresent() ? Optional.of(Duration.ofSeconds(field.getAsInt())) : option;
    }

    /** The field, or else the environment switch by which users of the AWS tools say the same. */
    private ChecksumMode checksumMode() {
        return configuration.s3().checksumMode().orElseGet(() -> {
            JsonNode env = spec.instanceSidecar().flatMap(InstanceSidecar::env).orElse(null);
            if (env != null) {
                for (JsonNode variable : env) {
                    if (variable.path("name").asText().equals("AWS_REQUEST_CHECKSUM_CALCULATION")
                            && variable.path("value").asText().equalsIgnoreCase("when_required")) {
                        return ChecksumMode.OFF;
                    }
                }
            }
            return ChecksumMode.AUTO;
        });
    }

    private WalSettings wal() {
        ObjectStoreSpec.Wal wal = configuration.wal();
        return new WalSettings(
                wal.compression(),
                walLevel(wal),
                wal.digest().orElse(DigestChoice.CRC64NVME),
                encryption(wal.encryption(), walArchive, "wal"),
                wal.maxParallel().orElse(WalSettings.DEFAULT_MAX_PARALLEL),
                walRestore.get(Option.NO_PARTIAL).isEmpty());
    }

    private OptionalInt walLevel(ObjectStoreSpec.Wal wal) {
        if (wal.compressionLevel().isEmpty()) {
            return walArchive
                    .get(Option.COMPRESSION_LEVEL)
                    .map(argument -> values.level(argument, wal.compression()))
                    .orElseGet(OptionalInt::empty);
        }
        String path = CONFIGURATION + ".wal.compressionLevel";
        if (!wal.compression().hasLevels()) {
            problems.warn(path, "has no effect: the compression has no levels, or there is none");
            return OptionalInt.empty();
        }
        int level = wal.compressionLevel().getAsInt();
        int lowest = wal.compression().lowestLevel();
        int highest = wal.compression().highestLevel();
        if (level < lowest || level > highest) {
            problems.add(
                    path,
                    "must be " + lowest + " to " + highest + " for "
                            + wal.compression().configurationName());
        }
        return OptionalInt.of(level);
    }

    private DataSettings data() {
        ObjectStoreSpec.Data data = configuration.data();
        OptionalInt level = backup.get(Option.COMPRESSION_LEVEL)
                .map(argument -> values.level(argument, data.compression()))
                .orElseGet(OptionalInt::empty);
        return new DataSettings(
                data.compression(),
                level,
                encryption(data.encryption(), backup, "data"),
                data.jobs().orElse(DEFAULT_JOBS),
                data.immediateCheckpoint(),
                size(Option.MIN_CHUNK_SIZE),
                size(Option.MAX_ARCHIVE_SIZE),
                size(Option.MAX_BANDWIDTH));
    }

    private OptionalLong size(Option option) {
        return backup.get(option).map(values::sizeBytes).orElseGet(OptionalLong::empty);
    }

    private Optional<Encryption> encryption(Optional<String> word, AdditionalArguments arguments, String part) {
        Optional<AdditionalArguments.Argument> option = arguments.get(Option.KMS_KEY_ID);
        boolean kms = word.filter("aws:kms"::equals).isPresent();
        // Whoever names a key expects encryption with it; storing without would be worse than refusing.
        if (option.isPresent() && !kms) {
            problems.add(
                    option.orElseThrow().path(), "a key needs " + CONFIGURATION + "." + part + ".encryption: aws:kms");
        }
        if (kms) {
            return Optional.of(new Encryption.Kms(
                    configuration.s3().kmsKeyId().or(() -> option.map(AdditionalArguments.Argument::value))));
        }
        return word.map(aes256 -> new Encryption.Aes256());
    }

    private Optional<AdditionalArguments.Argument> first(Option option) {
        return all.stream().flatMap(list -> list.get(option).stream()).findFirst();
    }

    private void warnAboutFieldsWithoutMeaningForFiles() {
        List<String> ignored = new ArrayList<>();
        Map<String, Boolean> present = Map.of(
                "endpointURL", configuration.endpointURL().isPresent(),
                "endpointCA", configuration.endpointCA().isPresent(),
                "tags", !configuration.tags().isEmpty(),
                "historyTags", !configuration.historyTags().isEmpty(),
                "wal.encryption", configuration.wal().encryption().isPresent(),
                "data.encryption", configuration.data().encryption().isPresent());
        present.forEach((field, set) -> {
            if (set) {
                ignored.add(field);
            }
        });
        ignored.stream()
                .sorted()
                .forEach(field ->
                        problems.warn(CONFIGURATION + "." + field, "has no effect with a file:// destination"));
    }

    private static Period recoveryWindow(String policy) {
        int number = Integer.parseInt(policy.substring(0, policy.length() - 1));
        return switch (policy.substring(policy.length() - 1).toLowerCase(Locale.ROOT)) {
            case "d" -> Period.ofDays(number);
            case "w" -> Period.ofWeeks(number);
            default -> Period.ofMonths(number);
        };
    }
}
