package io.walarchiver.bridge.cnpgi;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.DescriptorProtos.DescriptorProto.ReservedRange;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto.EnumReservedRange;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Descriptors.MethodDescriptor;
import com.google.protobuf.Descriptors.ServiceDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.walarchiver.bridge.cnpgi.backup.BackupProto;
import io.walarchiver.bridge.cnpgi.backup.BackupResult;
import io.walarchiver.bridge.cnpgi.identity.IdentityProto;
import io.walarchiver.bridge.cnpgi.lifecycle.OperatorLifecycleProto;
import io.walarchiver.bridge.cnpgi.metrics.MetricsProto;
import io.walarchiver.bridge.cnpgi.operator.OperatorProto;
import io.walarchiver.bridge.cnpgi.postgres.PostgresGrpc;
import io.walarchiver.bridge.cnpgi.postgres.PostgresProto;
import io.walarchiver.bridge.cnpgi.reconciler.ReconcilerProto;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobHooksGrpc;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreJobProto;
import io.walarchiver.bridge.cnpgi.restorejob.RestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.bridge.cnpgi.wal.WalProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The generated stubs against the contract, which is written down independently in {@code cnpgi-contract.txt}. */
final class ContractTest {

    private static final List<FileDescriptor> FILES = List.of(
            IdentityProto.getDescriptor(),
            OperatorProto.getDescriptor(),
            OperatorLifecycleProto.getDescriptor(),
            ReconcilerProto.getDescriptor(),
            WalProto.getDescriptor(),
            RestoreJobProto.getDescriptor(),
            BackupProto.getDescriptor(),
            MetricsProto.getDescriptor(),
            PostgresProto.getDescriptor());

    @Test
    void descriptorsAreTheContract() throws IOException {
        assertThat(String.join("\n", describeAll())).isEqualTo(String.join("\n", contract()));
    }

    @Test
    void servicesAreCalledUnderTheNamesOfTheContract() {
        assertThat(RestoreJobHooksGrpc.getRestoreMethod().getFullMethodName())
                .isEqualTo("cnpgi.wal.v1.RestoreJobHooks/Restore");
        assertThat(WALGrpc.getRestoreMethod().getFullMethodName()).isEqualTo("cnpgi.wal.v1.WAL/Restore");
        assertThat(PostgresGrpc.getEnrichConfigurationMethod().getFullMethodName())
                .isEqualTo("cnpgi.identity.v1.Postgres/EnrichConfiguration");
    }

    @Test
    void emptyArchiveDecisionSentAsFalseDiffersFromNoDecision() throws InvalidProtocolBufferException {
        WALArchiveRequest sentAsFalse =
                WALArchiveRequest.newBuilder().setCheckEmptyWalArchive(false).build();

        assertThat(WALArchiveRequest.parseFrom(sentAsFalse.toByteArray()).hasCheckEmptyWalArchive())
                .isTrue();
        assertThat(WALArchiveRequest.getDefaultInstance().hasCheckEmptyWalArchive())
                .isFalse();
    }

    @Test
    void requestOfARecoveryJobIsReadFromItsBytes() throws InvalidProtocolBufferException {
        // Field 1, two bytes; with a newer operator also field 2, a varint.
        RestoreRequest older = RestoreRequest.parseFrom(HexFormat.of().parseHex("0a027b7d"));
        RestoreRequest newer = RestoreRequest.parseFrom(HexFormat.of().parseHex("0a027b7d1000"));

        assertThat(older.getClusterDefinition().toStringUtf8()).isEqualTo("{}");
        assertThat(older.hasCheckEmptyWalArchive()).isFalse();
        assertThat(newer.hasCheckEmptyWalArchive()).isTrue();
        assertThat(newer.getCheckEmptyWalArchive()).isFalse();
    }

    @Test
    void resultOfABackupIsWrittenAsTheseBytes() {
        BackupResult result = BackupResult.newBuilder()
                .setBackupId("b")
                .setStartedAt(1)
                .setStoppedAt(2)
                .setEndLsn("0/1")
                .setOnline(true)
                .putMetadata("k", "v")
                .build();

        assertThat(HexFormat.of().formatHex(result.toByteArray()))
                .isEqualTo("0a0162" + "1801" + "2002" + "4203302f31" + "6001" + "6a060a016b120176");
    }

    @Test
    void numbersOfALaterReleaseAreAccepted() throws InvalidProtocolBufferException {
        byte[] fromTheFuture = WALRestoreRequest.newBuilder()
                .setSourceWalName("000000010000000000000001")
                .setModeValue(77)
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(
                                99,
                                UnknownFieldSet.Field.newBuilder().addVarint(1).build())
                        .build())
                .build()
                .toByteArray();

        WALRestoreRequest request = WALRestoreRequest.parseFrom(fromTheFuture);

        assertThat(request.getSourceWalName()).isEqualTo("000000010000000000000001");
        assertThat(request.getMode()).isEqualTo(WALRestoreRequest.Mode.UNRECOGNIZED);
        assertThat(request.getModeValue()).isEqualTo(77);
    }

    private static List<String> contract() throws IOException {
        try (InputStream text = Objects.requireNonNull(ContractTest.class.getResourceAsStream("/cnpgi-contract.txt"))) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .toList();
        }
    }

    private static List<String> describeAll() {
        TreeMap<String, ServiceDescriptor> services = new TreeMap<>();
        TreeMap<String, Descriptor> messages = new TreeMap<>();
        TreeMap<String, EnumDescriptor> enums = new TreeMap<>();
        for (FileDescriptor file : FILES) {
            file.getServices().forEach(service -> services.put(service.getFullName(), service));
            file.getEnumTypes().forEach(type -> enums.put(type.getFullName(), type));
            file.getMessageTypes().forEach(message -> collect(message, messages, enums));
        }
        List<String> lines = new ArrayList<>();
        services.values().forEach(service -> describe(service, lines));
        messages.values().forEach(message -> describe(message, lines));
        enums.values().forEach(type -> describe(type, lines));
        return lines;
    }

    private static void collect(
            Descriptor message, Map<String, Descriptor> messages, Map<String, EnumDescriptor> enums) {
        if (message.getOptions().getMapEntry()) {
            return;
        }
        messages.put(message.getFullName(), message);
        message.getEnumTypes().forEach(type -> enums.put(type.getFullName(), type));
        message.getNestedTypes().forEach(nested -> collect(nested, messages, enums));
    }

    private static void describe(ServiceDescriptor service, List<String> lines) {
        lines.add("service " + service.getFullName());
        for (MethodDescriptor rpc : service.getMethods()) {
            String streaming = rpc.isClientStreaming() || rpc.isServerStreaming() ? " streaming" : "";
            lines.add("  " + rpc.getName() + ": " + rpc.getInputType().getFullName() + " -> "
                    + rpc.getOutputType().getFullName() + streaming);
        }
    }

    private static void describe(Descriptor message, List<String> lines) {
        lines.add("message " + message.getFullName());
        message.getFields().stream()
                .sorted(Comparator.comparingInt(FieldDescriptor::getNumber))
                .forEach(field -> lines.add("  " + field.getNumber() + " " + field.getName() + ": " + type(field)));
        for (ReservedRange range : message.toProto().getReservedRangeList()) {
            IntStream.range(range.getStart(), range.getEnd()).forEach(number -> lines.add("  reserved " + number));
        }
        message.toProto().getReservedNameList().forEach(name -> lines.add("  reserved \"" + name + "\""));
    }

    private static void describe(EnumDescriptor type, List<String> lines) {
        lines.add("enum " + type.getFullName());
        for (EnumValueDescriptor value : type.getValues()) {
            lines.add("  " + value.getNumber() + " " + value.getName());
        }
        for (EnumReservedRange range : type.toProto().getReservedRangeList()) {
            IntStream.rangeClosed(range.getStart(), range.getEnd())
                    .forEach(number -> lines.add("  reserved " + number));
        }
    }

    private static String type(FieldDescriptor field) {
        if (field.isMapField()) {
            return "map<" + elementType(field.getMessageType().findFieldByNumber(1)) + ","
                    + elementType(field.getMessageType().findFieldByNumber(2)) + ">";
        }
        String type = elementType(field);
        if (field.isRepeated()) {
            return "repeated " + type;
        }
        if (field.getRealContainingOneof() != null) {
            return type + " oneof " + field.getRealContainingOneof().getName();
        }
        boolean declaredOptional = field.getContainingOneof() != null;
        return declaredOptional ? "optional " + type : type;
    }

    private static String elementType(FieldDescriptor field) {
        return switch (field.getJavaType()) {
            case MESSAGE -> field.getMessageType().getFullName();
            case ENUM -> field.getEnumType().getFullName();
            case STRING, BYTE_STRING, BOOLEAN, INT, LONG, FLOAT, DOUBLE ->
                field.getType().name().toLowerCase(Locale.ROOT);
        };
    }
}
