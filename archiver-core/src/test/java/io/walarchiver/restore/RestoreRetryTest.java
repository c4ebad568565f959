package io.walarchiver.restore;

import static io.walarchiver.restore.RestoreFixture.name;
import static io.walarchiver.restore.RestoreFixture.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.codec.Compression;
import io.walarchiver.store.Fault;
import io.walarchiver.store.StoreException;
import io.walarchiver.store.StoreOperation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class RestoreRetryTest {

    private static final String SEGMENT = "0000000A0000000200000003";

    @TempDir
    Path directory;

    private RestoreFixture fixture;

    @BeforeEach
    void createFixture() throws IOException {
        fixture = new RestoreFixture(directory);
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        fixture.assertNothingLeft();
    }

    @Test
    void outageShorterThanTheWindowIsSurvived() {
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);
        fixture.script(
                StoreOperation.GET, Collections.nCopies(20, Fault.unavailable()).toArray(Fault[]::new));

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofMinutes(4)))
                .expectNextCount(1)
                .verifyComplete();

        assertThat(fixture.destination()).hasBinaryContent(content);
        assertThat(fixture.events)
                .filteredOn(e -> e.equals("retrying " + SEGMENT))
                .hasSize(20);
    }

    @Test
    void outageLongerThanTheWindowIsReportedAsSuchAndNotAsAbsence() {
        fixture.script(
                StoreOperation.GET,
                Collections.nCopies(1000, Fault.unavailable()).toArray(Fault[]::new));

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofMinutes(5).minusMillis(1)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> fixture.time.advanceTimeBy(Duration.ofMillis(1)))
                .expectErrorSatisfies(failure -> {
                    assertThat(failure).isInstanceOf(RestoreException.StoreFailed.class);
                    assertThat(failure).hasMessageContaining("unknown").hasMessageContaining(SEGMENT);
                    assertThat(((RestoreException.StoreFailed) failure).kind()).isEqualTo("unavailable");
                })
                .verify();

        // Waiting grows to ten seconds: an outage is not hammered.
        assertThat(fixture.store.calls(StoreOperation.GET)).isBetween(30L, 75L);
    }

    @Test
    void standbyFailsAtOnceWhenItsWindowIsClosed() {
        fixture.settings = fixture.settings.withRetryWindow(() -> Duration.ZERO);
        fixture.script(StoreOperation.GET, Fault.unavailable());

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.StoreFailed.class)
                .hasMessageContaining("after 1 attempt");
        assertThat(fixture.events).containsExactly("failed " + SEGMENT + " unavailable");
    }

    @Test
    void failingListingIsNoProofOfAbsence() {
        fixture.script(StoreOperation.LIST, Fault.unavailable(), Fault.unavailable());

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofMinutes(1)))
                .expectError(RestoreException.NotArchived.class)
                .verify();

        assertThat(fixture.store.calls(StoreOperation.LIST)).isEqualTo(3);
    }

    @Test
    void refusedCredentialsAreRetriedBecauseTheyMayBeRotating() {
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.ZSTD);
        fixture.script(
                StoreOperation.GET,
                Fault.fail(new StoreException.AccessDenied("scripted", StoreException.Detail.NONE, null)));

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNextCount(1)
                .verifyComplete();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void requestTheStoreRefusesAsSuchIsNotRepeated() {
        fixture.script(
                StoreOperation.GET,
                Fault.fail(new StoreException.Rejected("no such bucket", StoreException.Detail.NONE, null)));

        assertThatThrownBy(() -> fixture.pipeline()
                        .restore(name(SEGMENT), fixture.destination())
                        .block())
                .isInstanceOf(RestoreException.StoreFailed.class)
                .hasMessageContaining("no such bucket");
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 65_535, 65_536, 65_537, 300_007})
    void brokenDownloadIsStartedAgain(long bytes) {
        byte[] content = fixture.archiveSegment(SEGMENT, Compression.NONE);
        fixture.settings = fixture.settings.withFirstGuess(Compression.NONE);
        fixture.script(StoreOperation.GET, Fault.breakBody(bytes), new Fault.TruncateBody(bytes));

        StepVerifier.create(fixture.pipeline().restore(name(SEGMENT), fixture.destination()))
                .expectSubscription()
                .then(() -> fixture.time.advanceTimeBy(Duration.ofSeconds(1)))
                .expectNextCount(1)
                .verifyComplete();

        assertThat(fixture.destination()).hasBinaryContent(content);
        assertThat(fixture.store.calls(StoreOperation.GET)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource(value = Compression.class, names = "ZSTD", mode = EnumSource.Mode.EXCLUDE)
    void damagedObjectIsReplacedByASoundOneOfAnotherSuffix(Compression sound) {
        fixture.place(SEGMENT, Compression.ZSTD, new byte[] {1, 2, 3}, Map.of());
        byte[] content = fixture.archiveSegment(SEGMENT, sound);

        fixture.pipeline().restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(content);
    }

    @Test
    void damageOnTheWayIsGotAroundByFetchingAgain() {
        RestorePipeline pipeline = fixture.pipeline();
        fixture.place(SEGMENT, Compression.ZSTD, new byte[] {1, 2, 3}, Map.of());
        // The second download finds the sound object: for the pipeline, the first was damaged on its way.
        fixture.script(
                StoreOperation.GET,
                Fault.pass(),
                Fault.delayUntil(Mono.fromRunnable(() -> fixture.archiveSegment(SEGMENT, Compression.ZSTD))));

        pipeline.restore(name(SEGMENT), fixture.destination()).block();

        assertThat(fixture.destination()).hasBinaryContent(segment(SEGMENT));
        assertThat(fixture.events).containsExactly("fetchingAgain " + SEGMENT, "restored " + SEGMENT);
        assertThat(fixture.store.calls(StoreOperation.LIST)).isZero();
    }
}
