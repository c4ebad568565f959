package io.walarchiver.bridge.kubernetes;

import static io.walarchiver.bridge.kubernetes.Awaited.LIMIT;
import static io.walarchiver.bridge.kubernetes.Awaited.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.cluster.InvalidClusterException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CurrentPrimaryTest {

    private final FakeKubernetes kubernetes = new FakeKubernetes();
    private final Scheduler scheduler = Schedulers.newSingle("primary-test");
    private final ApiConnection api = kubernetes.connect(scheduler);

    @AfterEach
    void close() {
        api.close();
        kubernetes.close();
        scheduler.dispose();
    }

    @Test
    void answerFollowsTheApi() {
        CurrentPrimary primary = primary(OperatorGroup.ORIGINAL);

        cluster("postgresql.cnpg.io/v1", "\"currentPrimary\": \"pg-1\"");
        assertThat(await(primary.clusterIfPrimary()).name()).isEqualTo("pg");

        cluster("postgresql.cnpg.io/v1", "\"currentPrimary\": \"pg-2\"");
        StepVerifier.create(primary.clusterIfPrimary()).expectComplete().verify(LIMIT);

        cluster("postgresql.cnpg.io/v1", "\"targetPrimary\": \"pg-1\"");
        StepVerifier.create(primary.clusterIfPrimary()).expectComplete().verify(LIMIT);
        assertThat(await(primary.cluster()).currentPrimary()).isEmpty();
    }

    @Test
    void clusterOfAVendorsGroupIsFound() {
        cluster("postgresql.vendor.example/v2", "\"currentPrimary\": \"pg-1\"");

        OperatorGroup group =
                OperatorGroup.of(Map.of("CUSTOM_CNPG_GROUP", "postgresql.vendor.example", "CUSTOM_CNPG_VERSION", "v2"));

        assertThat(await(primary(group).clusterIfPrimary()).uid()).isPresent();
        StepVerifier.create(primary(OperatorGroup.ORIGINAL).clusterIfPrimary())
                .expectError(KubernetesException.NotFound.class)
                .verify(LIMIT);
    }

    @ParameterizedTest
    @CsvSource({"403, forbidden", "404, not_found", "500, unavailable", "504, unavailable"})
    void noAnswerIsNoYes(int code, String kind) {
        cluster("postgresql.cnpg.io/v1", "\"currentPrimary\": \"pg-1\"");
        kubernetes.fail(code, request -> true);

        StepVerifier.create(primary(OperatorGroup.ORIGINAL).clusterIfPrimary())
                .expectErrorSatisfies(
                        e -> assertThat(((KubernetesException) e).kind()).isEqualTo(kind))
                .verify(LIMIT);
    }

    @Test
    void clusterThatCannotBeUnderstoodIsNoYes() {
        cluster("postgresql.cnpg.io/v1", "\"currentPrimary\": [\"pg-1\"]");

        StepVerifier.create(primary(OperatorGroup.ORIGINAL).clusterIfPrimary())
                .expectError(InvalidClusterException.class)
                .verify(LIMIT);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, postgresql.cnpg.io, v1",
                "'', postgresql.cnpg.io, v1",
                "v1, postgresql.cnpg.io, v1",
                "a/b/c, postgresql.cnpg.io, v1",
                "/v1, postgresql.cnpg.io, v1",
                "x.example/v3, x.example, v3"
            })
    void groupOfAnApiVersionFallsBackToTheOriginal(String apiVersion, String group, String version) {
        assertThat(OperatorGroup.ofApiVersion(Optional.ofNullable(apiVersion)))
                .isEqualTo(new OperatorGroup(group, version));
        assertThat(OperatorGroup.of(Map.of("CUSTOM_CNPG_GROUP", " "))).isEqualTo(OperatorGroup.ORIGINAL);
    }

    private CurrentPrimary primary(OperatorGroup group) {
        return new CurrentPrimary(api, group, "shop", "pg", "pg-1");
    }

    private void cluster(String apiVersion, String status) {
        kubernetes.objects.apply(
                "clusters",
                "{\"apiVersion\": \"" + apiVersion + "\", \"kind\": \"Cluster\", \"metadata\": {\"name\": \"pg\","
                        + " \"namespace\": \"shop\"}, \"spec\": {\"unknown\": [1, {}]}, \"status\": {" + status + "}}");
    }
}
