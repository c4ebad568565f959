package io.walarchiver.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.walarchiver.codec.BufferPool.Priority;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class BufferPoolTest {

    private final BufferPool pool = new BufferPool(64, 4);

    private List<PooledBuffer> take(int count) {
        return Objects.requireNonNull(pool.acquire(count, Priority.ORDINARY).block(Duration.ofSeconds(10)));
    }

    private static void release(List<PooledBuffer> lease) {
        lease.forEach(PooledBuffer::release);
    }

    @CanIgnoreReturnValue
    private Disposable request(int count, Priority priority, String name, List<String> served) {
        return pool.acquire(count, priority).subscribe(lease -> {
            served.add(name);
            release(lease);
        });
    }

    @Test
    void leaseHasAsManyBuffersAsAskedFor() {
        List<PooledBuffer> lease = take(3);

        assertThat(lease).hasSize(3);
        assertThat(pool.inUse()).isEqualTo(3);
        for (PooledBuffer buffer : lease) {
            assertThat(buffer.buffer().isDirect()).isTrue();
            assertThat(buffer.buffer().remaining()).isEqualTo(64);
            assertThat(buffer.buffer()).isSameAs(buffer.buffer());
        }
        release(lease);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void shortageIsToldOnceForEachUrgentRequestThatHasToWait() {
        List<String> served = new ArrayList<>();
        AtomicInteger told = new AtomicInteger();
        pool.onShortage(told::incrementAndGet);
        List<PooledBuffer> held = take(3);

        request(1, Priority.URGENT, "fits", served);
        request(2, Priority.ORDINARY, "ordinary", served);
        assertThat(told).hasValue(0);
        request(2, Priority.URGENT, "waits", served);
        request(1, Priority.URGENT, "waits behind it", served);

        assertThat(told).hasValue(2);
        assertThat(served).containsExactly("fits");
        release(held);
        assertThat(served).containsExactly("fits", "waits", "waits behind it", "ordinary");
    }

    @Test
    void buffersGivenBackOnAShortageServeTheRequestThatToldIt() {
        List<String> served = new ArrayList<>();
        List<PooledBuffer> held = take(4);
        pool.onShortage(() -> release(held));

        request(2, Priority.URGENT, "urgent", served);

        assertThat(served).containsExactly("urgent");
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void requestIsServedAsAWholeOrNotAtAll() {
        List<PooledBuffer> one = take(2);
        List<PooledBuffer> other = take(1);
        StepVerifier.create(pool.acquire(3, Priority.ORDINARY))
                .expectSubscription()
                .then(() -> assertThat(pool.inUse()).isEqualTo(3))
                .then(() -> release(other))
                .then(() -> assertThat(pool.inUse()).isEqualTo(2))
                .then(() -> assertThat(pool.waiting()).isEqualTo(1))
                .then(() -> one.get(0).release())
                .assertNext(lease -> {
                    assertThat(lease).hasSize(3);
                    release(lease);
                })
                .verifyComplete();
        release(one);
        assertThat(pool.inUse()).isZero();
        assertThat(pool.waiting()).isZero();
    }

    @Test
    void urgentRequestsGoFirstAndNobodyOvertakesWithinAClass() {
        List<PooledBuffer> all = take(4);
        List<String> served = new ArrayList<>();
        request(4, Priority.ORDINARY, "ordinary of 4", served);
        request(1, Priority.ORDINARY, "ordinary of 1", served);
        request(3, Priority.URGENT, "urgent of 3", served);
        request(1, Priority.URGENT, "urgent of 1", served);

        all.get(0).release();
        all.get(1).release();
        assertThat(served).isEmpty();

        release(all);
        assertThat(served).containsExactly("urgent of 3", "urgent of 1", "ordinary of 4", "ordinary of 1");
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void cancellingWhileWaitingFreesTheHeadOfTheQueue() {
        List<PooledBuffer> two = take(2);
        List<String> served = new ArrayList<>();
        Disposable large = request(4, Priority.URGENT, "large", served);
        request(2, Priority.ORDINARY, "small", served);
        assertThat(served).isEmpty();

        large.dispose();

        assertThat(served).containsExactly("small");
        assertThat(pool.waiting()).isZero();
        release(two);
        assertThat(served).containsExactly("small");
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void leaseGrantedButNotRequestedComesBackOnCancel() {
        BaseSubscriber<List<PooledBuffer>> unhurried = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                // Asks for nothing, so the lease waits in the sink.
            }
        };
        pool.acquire(3, Priority.ORDINARY).subscribe(unhurried);
        assertThat(pool.inUse()).isEqualTo(3);

        unhurried.cancel();

        assertThat(pool.inUse()).isZero();
    }

    @Test
    void subscriberThatCancelsAtOnceTakesNothing() {
        pool.acquire(2, Priority.ORDINARY).subscribe(new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {
                subscription.cancel();
            }
        });

        assertThat(pool.inUse()).isZero();
        assertThat(pool.waiting()).isZero();
    }

    @Test
    void givingBackTwiceCountsOnce() {
        List<PooledBuffer> lease = take(2);
        lease.get(0).release();
        lease.get(0).release();
        lease.get(0).discard();
        assertThat(pool.inUse()).isEqualTo(1);
        lease.get(1).discard();
        lease.get(1).release();

        assertThat(pool.inUse()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> lease.get(0).buffer());
        List<PooledBuffer> again = take(4);
        Set<ByteBuffer> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        again.forEach(buffer -> distinct.add(buffer.buffer()));
        assertThat(distinct).hasSize(4);
        release(again);
    }

    @Test
    void releasedMemoryIsUsedAgainAndDiscardedMemoryIsNot() {
        PooledBuffer first = take(1).get(0);
        ByteBuffer memory = first.buffer();
        memory.order(ByteOrder.LITTLE_ENDIAN).position(3).limit(5);
        first.release();

        PooledBuffer second = take(1).get(0);
        assertThat(second.buffer()).isSameAs(memory);
        assertThat(memory.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(memory.remaining()).isEqualTo(64);
        second.discard();

        PooledBuffer third = take(1).get(0);
        assertThat(third.buffer()).isNotSameAs(memory);
        third.release();
    }

    @Test
    void memoryThatRestsBetweenTwoTrimsIsGivenBackAndReadsAsZero() {
        BufferPool large = new BufferPool(1 << 20, 2);
        PooledBuffer lease = one(large);
        ByteBuffer memory = lease.buffer();
        fill(memory);
        lease.release();

        large.trim();
        assertThat(memory.get(500_000)).as("used since the last trim").isEqualTo((byte) 7);
        large.trim();
        assertThat(memory.get(500_000)).as("not used since").isZero();

        PooledBuffer again = one(large);
        assertThat(again.buffer()).isSameAs(memory);
        fill(memory);
        large.trim();
        large.trim();
        assertThat(memory.get(500_000)).as("in use").isEqualTo((byte) 7);
        again.release();
        assertThat(large.inUse()).isZero();
    }

    @Test
    void memoryOfCompressedBytesIsNotMixedWithMemoryOfContent() {
        BufferPool large = new BufferPool(1 << 20, 4);
        List<PooledBuffer> pair = pair(large);
        ByteBuffer content = pair.get(0).buffer();
        fill(content);
        ByteBuffer compressed = pair.get(1).sparseBuffer();
        assertThat(pair.get(1).buffer()).as("the first way of asking decides").isSameAs(compressed);
        compressed.put(new byte[100]).flip();
        pair.get(0).release();
        pair.get(1).release();

        for (int round = 0; round < 3; round++) {
            List<PooledBuffer> next = pair(large);
            // Whichever is asked for first.
            boolean compressedFirst = round % 2 == 0;
            ByteBuffer first =
                    compressedFirst ? next.get(1).sparseBuffer() : next.get(0).buffer();
            ByteBuffer second =
                    compressedFirst ? next.get(0).buffer() : next.get(1).sparseBuffer();
            assertThat(compressedFirst ? first : second).isSameAs(compressed);
            assertThat(compressedFirst ? second : first).isSameAs(content);
            compressed.put(new byte[100]).flip();
            release(next);
        }
        assertThat(large.inUse()).isZero();
    }

    private static PooledBuffer one(BufferPool from) {
        return Objects.requireNonNull(from.acquire(1, Priority.URGENT).block(Duration.ofSeconds(10)))
                .get(0);
    }

    private static List<PooledBuffer> pair(BufferPool from) {
        return Objects.requireNonNull(from.acquire(2, Priority.URGENT).block(Duration.ofSeconds(10)));
    }

    private static void fill(ByteBuffer memory) {
        while (memory.hasRemaining()) {
            memory.put((byte) 7);
        }
    }

    @Test
    void impossibleRequestsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> pool.acquire(5, Priority.URGENT));
        assertThatIllegalArgumentException().isThrownBy(() -> pool.acquire(0, Priority.URGENT));
        assertThatIllegalArgumentException().isThrownBy(() -> new BufferPool(0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new BufferPool(1, 0));
    }

    @Test
    void longQueueOfReceiversThatReleaseAtOnceDoesNotOverflowTheStack() {
        List<PooledBuffer> all = take(4);
        List<String> served = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            request(4, Priority.ORDINARY, "", served);
        }

        release(all);

        assertThat(served).hasSize(100_000);
        assertThat(pool.inUse()).isZero();
    }

    @Test
    void receiverMayAskForMoreWhileItIsServed() {
        List<PooledBuffer> all = take(4);
        List<String> served = new ArrayList<>();
        pool.acquire(2, Priority.ORDINARY).subscribe(lease -> {
            request(4, Priority.URGENT, "inner", served);
            release(lease);
        });
        release(all);

        assertThat(served).containsExactly("inner");
        assertThat(pool.inUse()).isZero();
    }

    @Test
    @Timeout(60)
    void randomCancelsFromSeveralThreadsLeakNothing() throws Exception {
        int capacity = 5;
        BufferPool shared = new BufferPool(16, capacity);
        Set<ByteBuffer> memory = Collections.synchronizedSet(Collections.newSetFromMap(new IdentityHashMap<>()));
        AtomicInteger held = new AtomicInteger();
        AtomicInteger mostHeld = new AtomicInteger();
        AtomicInteger served = new AtomicInteger();
        Scheduler scheduler = Schedulers.newParallel("holder", 3);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                long seed = t;
                running.add(threads.submit(() -> {
                    SplittableRandom random = new SplittableRandom(seed);
                    for (int i = 0; i < 5_000; i++) {
                        int count = 1 + random.nextInt(capacity);
                        Priority priority = random.nextBoolean() ? Priority.URGENT : Priority.ORDINARY;
                        boolean elsewhere = random.nextBoolean();
                        Disposable transfer = Mono.usingWhen(
                                        shared.acquire(count, priority),
                                        lease -> {
                                            Mono<Integer> work = Mono.fromCallable(() -> {
                                                mostHeld.accumulateAndGet(held.addAndGet(lease.size()), Math::max);
                                                lease.forEach(buffer -> memory.add(buffer.buffer()));
                                                served.incrementAndGet();
                                                held.addAndGet(-lease.size());
                                                return 1;
                                            });
                                            return elsewhere ? work.subscribeOn(scheduler) : work;
                                        },
                                        lease -> Mono.fromRunnable(() -> release(lease)))
                                // A transfer cancelled in the middle finds its buffers gone.
                                .onErrorComplete(IllegalStateException.class)
                                .subscribe();
                        if (random.nextInt(3) != 0) {
                            for (int spin = random.nextInt(200); spin > 0; spin--) {
                                Thread.onSpinWait();
                            }
                            transfer.dispose();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> thread : running) {
                thread.get(50, TimeUnit.SECONDS);
            }
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            while ((shared.inUse() > 0 || shared.waiting() > 0) && System.nanoTime() < deadline) {
                Thread.sleep(1);
            }
        } finally {
            threads.shutdownNow();
            scheduler.dispose();
        }
        assertThat(shared.inUse()).isZero();
        assertThat(shared.waiting()).isZero();
        assertThat(served.get()).isPositive();
        assertThat(mostHeld.get()).isBetween(1, capacity);
        assertThat(memory).hasSizeLessThanOrEqualTo(capacity);
    }

    @Test
    @Timeout(60)
    void cancelThatMeetsAGrantLeaksNothing() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            for (int i = 0; i < 20_000; i++) {
                List<PooledBuffer> all = take(4);
                AtomicInteger received = new AtomicInteger();
                // As pipelines do it. A lambda subscriber that was disposed drops what is already on the way to it.
                Disposable waiting = Mono.usingWhen(
                                pool.acquire(3, Priority.ORDINARY),
                                lease -> Mono.fromCallable(received::incrementAndGet),
                                lease -> Mono.fromRunnable(() -> release(lease)))
                        .subscribe();
                CountDownLatch start = new CountDownLatch(1);
                Future<?> releasing = threads.submit(() -> {
                    start.await();
                    release(all);
                    return null;
                });
                Future<?> cancelling = threads.submit(() -> {
                    start.await();
                    waiting.dispose();
                    return null;
                });
                start.countDown();
                releasing.get(10, TimeUnit.SECONDS);
                cancelling.get(10, TimeUnit.SECONDS);

                assertThat(received.get()).isLessThanOrEqualTo(1);
                assertThat(pool.inUse()).isZero();
                assertThat(pool.waiting()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
