package io.walarchiver.store;

import org.reactivestreams.Publisher;

/** What a {@link FaultyObjectStore} does to one call. */
public sealed interface Fault {

    /** Lets the call through undisturbed: a place holder in a script. */
    record Pass() implements Fault {}

    /** Fails without reaching the store. */
    record FailBefore(StoreException failure) implements Fault {}

    /** Takes effect, and fails all the same. */
    record FailAfter(StoreException failure) implements Fault {}

    /** Neither takes effect nor answers. */
    record HangBefore() implements Fault {}

    /** Takes effect and never answers. */
    record HangAfter() implements Fault {}

    /** Waits for the latch, then goes on undisturbed. */
    record Delay(Publisher<?> latch) implements Fault {}

    /** Ends the body of a download with a failure after so many bytes. */
    record BreakBody(long bytes, StoreException failure) implements Fault {}

    /** Ends the body of a download as if it were whole after so many bytes, which no correct store does. */
    record TruncateBody(long bytes) implements Fault {}

    /** Gives so many bytes of a download, then nothing. */
    record StallBody(long bytes) implements Fault {}

    /** Lets the call through undisturbed: a place holder in a script. */
    static Fault pass() {
        return new Pass();
    }

    /** Fails without reaching the store. */
    static Fault fail(StoreException failure) {
        return new FailBefore(failure);
    }

    /** Fails without reaching the store, as if it could not be reached. */
    static Fault unavailable() {
        return fail(new StoreException.Unavailable("scripted: no answer", StoreException.Detail.NONE, null));
    }

    /** Takes effect, and fails all the same. */
    static Fault failAfterEffect(StoreException failure) {
        return new FailAfter(failure);
    }

    /** Takes effect, but the answer is lost. */
    static Fault ambiguous() {
        return failAfterEffect(
                new StoreException.Ambiguous("scripted: the answer was lost", StoreException.Detail.NONE, null));
    }

    /** Neither takes effect nor answers, until it is cancelled. */
    static Fault hang() {
        return new HangBefore();
    }

    /** Takes effect and never answers, until it is cancelled. */
    static Fault hangAfterEffect() {
        return new HangAfter();
    }

    /** Waits until the latch emits or completes, then goes on undisturbed. */
    static Fault delayUntil(Publisher<?> latch) {
        return new Delay(latch);
    }

    /** Breaks the connection of a download after so many bytes. */
    static Fault breakBody(long bytes) {
        return new BreakBody(
                bytes,
                new StoreException.Unavailable(
                        "scripted: the connection broke after " + bytes + " bytes", StoreException.Detail.NONE, null));
    }

    /** Ends the body of a download as if it were whole after so many bytes. */
    static Fault truncateBody(long bytes) {
        return new TruncateBody(bytes);
    }

    /** Gives so many bytes of a download, then nothing until it is cancelled. */
    static Fault stallBody(long bytes) {
        return new StallBody(bytes);
    }
}
