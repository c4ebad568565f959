package io.walarchiver.sidecar.assembly;

import io.walarchiver.store.Content;
import io.walarchiver.store.MultipartUpload;
import io.walarchiver.store.ObjectInfo;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.store.ObjectReader;
import io.walarchiver.store.ObjectStore;
import io.walarchiver.store.PutOptions;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A store whose client can be replaced while it is used, because its credentials were: what runs, an upload in parts
 * included, ends with the client it began with, which is closed then.
 */
final class LeasedStore implements ObjectStore {

    private static final class Client {
        final ObjectStore store;
        int users;
        boolean retired;

        Client(ObjectStore store) {
            this.store = store;
        }
    }

    private final Scheduler closing;
    private final Set<Client> open = new HashSet<>();
    private Client current;

    /** @param closing where clients are closed: never on a thread of their own */
    LeasedStore(ObjectStore first, Scheduler closing) {
        this.closing = closing;
        this.current = new Client(first);
        this.open.add(current);
    }

    /** From now on requests go through another client. */
    synchronized void replace(ObjectStore next) {
        Client old = current;
        current = new Client(next);
        open.add(current);
        old.retired = true;
        closeIfUnused(old);
    }

    /** How many clients are open: more than one while something still runs with an old one. */
    synchronized int clients() {
        return open.size();
    }

    private synchronized Client take() {
        current.users++;
        return current;
    }

    private synchronized void giveBack(Client client) {
        client.users--;
        closeIfUnused(client);
    }

    private void closeIfUnused(Client client) {
        if (client.retired && client.users == 0 && open.remove(client)) {
            closing.schedule(client.store::close);
        }
    }

    private <T> Mono<T> one(Function<ObjectStore, Mono<T>> request) {
        return Mono.using(this::take, client -> request.apply(client.store), this::giveBack);
    }

    private <T> Flux<T> many(Function<ObjectStore, Flux<T>> request) {
        return Flux.using(this::take, client -> request.apply(client.store), this::giveBack);
    }

    @Override
    public Mono<Void> putIfAbsent(ObjectKey key, Content content, PutOptions options) {
        return one(store -> store.putIfAbsent(key, content, options));
    }

    @Override
    public Mono<Void> put(ObjectKey key, Content content, PutOptions options) {
        return one(store -> store.put(key, content, options));
    }

    @Override
    public Mono<MultipartUpload> startMultipart(ObjectKey key, PutOptions options) {
        return Mono.defer(() -> {
            Lease lease = new Lease(take());
            return lease.client
                    .store
                    .startMultipart(key, options)
                    .<MultipartUpload>map(upload -> new LeasedUpload(upload, lease))
                    .doOnError(failure -> lease.end())
                    .doOnCancel(lease::end);
        });
    }

    @Override
    public Mono<ObjectInfo> head(ObjectKey key) {
        return one(store -> store.head(key));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, ObjectReader<T> reader) {
        return one(store -> store.get(key, reader));
    }

    @Override
    public <T> Mono<T> get(ObjectKey key, long offset, long length, ObjectReader<T> reader) {
        return one(store -> store.get(key, offset, length, reader));
    }

    @Override
    public Flux<ObjectInfo> list(String prefix) {
        return many(store -> store.list(prefix));
    }

    @Override
    public Flux<String> listPrefixes(String prefix) {
        return many(store -> store.listPrefixes(prefix));
    }

    @Override
    public Flux<ObjectInfo> listLevel(String prefix) {
        return many(store -> store.listLevel(prefix));
    }

    @Override
    public Mono<Void> delete(ObjectKey key) {
        return one(store -> store.delete(key));
    }

    @Override
    public Flux<DeleteFailure> delete(Collection<ObjectKey> keys) {
        return many(store -> store.delete(keys));
    }

    @Override
    public synchronized String location() {
        return current.store.location();
    }

    /** Closes all clients, also those that are in use. */
    @Override
    public synchronized void close() {
        open.forEach(client -> client.store.close());
        open.clear();
    }

    private final class Lease {
        final Client client;
        private final AtomicBoolean ended = new AtomicBoolean();

        Lease(Client client) {
            this.client = client;
        }

        void end() {
            if (ended.compareAndSet(false, true)) {
                giveBack(client);
            }
        }
    }

    /** Ends its lease when it is complete or given up. */
    private static final class LeasedUpload implements MultipartUpload {
        private final MultipartUpload upload;
        private final Lease lease;

        LeasedUpload(MultipartUpload upload, Lease lease) {
            this.upload = upload;
            this.lease = lease;
        }

        @Override
        public Mono<UploadedPart> uploadPart(int number, Content content) {
            return upload.uploadPart(number, content);
        }

        @Override
        public Mono<Void> complete(List<UploadedPart> parts) {
            return upload.complete(parts).doOnSuccess(done -> lease.end());
        }

        @Override
        public Mono<Void> completeIfAbsent(List<UploadedPart> parts) {
            return upload.completeIfAbsent(parts).doOnSuccess(done -> lease.end());
        }

        @Override
        public Mono<Void> abort() {
            return upload.abort().doFinally(signal -> lease.end());
        }
    }
}
