package io.walarchiver.store;

import static io.walarchiver.store.ObjectStoreFixture.bytes;
import static io.walarchiver.store.ObjectStoreFixture.complete;
import static io.walarchiver.store.ObjectStoreFixture.content;
import static io.walarchiver.store.ObjectStoreFixture.freshPrefix;
import static io.walarchiver.store.ObjectStoreFixture.metadata;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Listing. */
public interface ObjectStoreListContract extends ObjectStoreFixture {

    /** The order that S3 documents for listings. */
    Comparator<String> BYTE_ORDER = Comparator.comparing(
            text -> text.getBytes(StandardCharsets.UTF_8), (left, right) -> Arrays.compareUnsigned(left, right));

    @Test
    default void nothingIsListedWhereNothingIs() {
        assertThat(keys(freshPrefix())).isEmpty();
        assertThat(store().listPrefixes(freshPrefix()).collectList().block(LIMIT))
                .isEmpty();
    }

    @Test
    default void moreThanOnePageIsListedInOrderAndDeleted() {
        String prefix = freshPrefix();
        List<String> names = IntStream.range(0, 1203)
                .mapToObj(i -> String.format(Locale.ROOT, "%s%04d/object", prefix, i))
                .toList();
        Long written = Flux.fromIterable(names)
                .flatMap(
                        name -> store().put(new ObjectKey(name), content(bytes(1, name.length())), PutOptions.NONE)
                                .thenReturn(name),
                        8)
                .count()
                .block(LIMIT);
        assertThat(written).isEqualTo(1203);

        assertThat(keys(prefix)).isEqualTo(names);
        assertThat(store().listPrefixes(prefix).collectList().block(LIMIT))
                .isEqualTo(names.stream()
                        .map(name -> name.substring(0, name.length() - "object".length()))
                        .toList());
        assertThat(keys(prefix + "01"))
                .isEqualTo(names.stream()
                        .filter(name -> name.startsWith(prefix + "01"))
                        .toList());
        assertThat(store().list(prefix)
                        .take(1)
                        .map(info -> info.key().value())
                        .collectList()
                        .block(LIMIT))
                .containsExactly(names.get(0));
        StepVerifier.create(store().list(prefix).map(info -> info.key().value()), 3)
                .expectNextSequence(names.subList(0, 3))
                .thenCancel()
                .verify(LIMIT);
        StepVerifier.create(store().list(prefix).map(info -> info.key().value()), 0)
                .thenRequest(1001)
                .expectNextSequence(names.subList(0, 1001))
                .thenRequest(202)
                .expectNextSequence(names.subList(1001, 1203))
                .thenRequest(1)
                .expectComplete()
                .verify(LIMIT);

        assertThat(store().delete(names.stream().map(ObjectKey::new).toList())
                        .collectList()
                        .block(LIMIT))
                .isEmpty();
        assertThat(keys(prefix)).isEmpty();
    }

    @Test
    default void listingTellsSizesAndNoMetadata() {
        String prefix = freshPrefix();
        complete(store().put(new ObjectKey(prefix + "one"), content(bytes(1, 1)), metadata("name", "value")));
        complete(store().put(new ObjectKey(prefix + "zero"), content(bytes(1, 0)), PutOptions.NONE));

        List<ObjectInfo> listed = store().list(prefix).collectList().block(LIMIT);

        assertThat(listed).extracting(ObjectInfo::size).containsExactly(1L, 0L);
        assertThat(listed).allSatisfy(info -> assertThat(info.metadata()).isEmpty());
    }

    @Test
    default void keysWithUnusualCharactersAreListedReadAndDeleted() {
        String prefix = freshPrefix();
        List<String> names = Stream.of(
                        "a+b",
                        "a b",
                        "a%20b",
                        "a=b",
                        "a&b",
                        "a?b",
                        "a#b",
                        "a;b",
                        "a:b",
                        "a@b",
                        "a'b",
                        "a\"b",
                        "a<b>",
                        "a\\b",
                        "a*b",
                        "a~b",
                        "a|b",
                        "a^b",
                        "a{b}",
                        "a[b]",
                        "a`b",
                        "a!b",
                        "a$b",
                        "a(b)",
                        "a,b",
                        "%2F",
                        "...",
                        "..a",
                        ".hidden",
                        "größe",
                        "日本",
                        "+/x y/%/=")
                .map(name -> prefix + name)
                .sorted(BYTE_ORDER)
                .toList();
        for (String name : names) {
            write(new ObjectKey(name), name.getBytes(StandardCharsets.UTF_8));
        }

        assertThat(keys(prefix)).isEqualTo(names);
        for (String name : names) {
            assertThat(new String(read(new ObjectKey(name)), StandardCharsets.UTF_8))
                    .isEqualTo(name);
            assertThat(keys(name)).containsExactly(name);
        }
        assertThat(store().delete(names.stream().map(ObjectKey::new).toList())
                        .collectList()
                        .block(LIMIT))
                .isEmpty();
        assertThat(keys(prefix)).isEmpty();
    }

    @Test
    default void orderIsThatOfTheBytesOfTheWholeKey() {
        String prefix = freshPrefix();
        // A slash sorts between these characters, which a walk over directories is tempted to forget.
        List<String> names = new ArrayList<>(List.of(
                "dir!x",
                "dir+x",
                "dir-x",
                "dir.x",
                "dir/+",
                "dir/a",
                "dir/a.b/c",
                "dir/a/b",
                "dir0x",
                "dirA",
                "dir_x",
                "dirx",
                "dir\u00e9",
                "dir\uff5e"));
        if (ordersSupplementaryCharactersByBytes()) {
            names.add("dir\ud83d\ude00");
        }
        List<String> keys = names.stream()
                .filter(name -> listsNestedKeys() || !name.equals("dir/a"))
                .map(name -> prefix + name)
                .sorted(BYTE_ORDER)
                .toList();
        for (String key : keys) {
            write(new ObjectKey(key), bytes(1, 1));
        }

        assertThat(keys(prefix)).isEqualTo(keys);
        assertThat(keys(prefix + "dir/"))
                .isEqualTo(keys.stream()
                        .filter(key -> key.startsWith(prefix + "dir/"))
                        .toList());
    }

    @Test
    default void prefixNeedNotEndAtSlash() {
        String prefix = freshPrefix();
        for (String name : List.of("base/1/x", "base/12/x", "base/2/x", "wals/1")) {
            write(new ObjectKey(prefix + name), bytes(1, 1));
        }

        assertThat(keys(prefix + "base/1")).containsExactly(prefix + "base/1/x", prefix + "base/12/x");
        assertThat(keys(prefix + "ba")).hasSize(3);
        assertThat(keys(prefix + "wals/1")).containsExactly(prefix + "wals/1");
        assertThat(keys(prefix + "wals/1/")).isEmpty();
        assertThat(keys(prefix + "wals/10")).isEmpty();
    }

    @Test
    default void nextLevelIsListedWithoutObjects() {
        String prefix = freshPrefix();
        for (String name : List.of("base/1/data", "base/1/info", "base/2/x/y", "base/file", "wals/0001/0001", "top")) {
            write(new ObjectKey(prefix + name), bytes(1, 1));
        }

        assertThat(prefixes(prefix)).containsExactly(prefix + "base/", prefix + "wals/");
        assertThat(prefixes(prefix + "base/")).containsExactly(prefix + "base/1/", prefix + "base/2/");
        assertThat(prefixes(prefix + "ba")).containsExactly(prefix + "base/");
        assertThat(prefixes(prefix + "base")).containsExactly(prefix + "base/");
        assertThat(prefixes(prefix + "base/1/")).isEmpty();
        assertThat(prefixes(prefix + "none/")).isEmpty();

        complete(store().delete(new ObjectKey(prefix + "wals/0001/0001")));
        assertThat(prefixes(prefix)).containsExactly(prefix + "base/");
    }

    @Test
    default void objectsOfOneLevelAreListedWithoutThoseBelow() {
        String prefix = freshPrefix();
        for (String name : List.of("base/1/data", "base/file", "file.a", "file.b", "wals/0001/0001", "zero")) {
            write(new ObjectKey(prefix + name), bytes(1, name.length()));
        }

        assertThat(level(prefix)).containsExactly(prefix + "file.a", prefix + "file.b", prefix + "zero");
        assertThat(level(prefix + "base/")).containsExactly(prefix + "base/file");
        assertThat(level(prefix + "file")).containsExactly(prefix + "file.a", prefix + "file.b");
        assertThat(level(prefix + "base")).isEmpty();
        assertThat(level(prefix + "none/")).isEmpty();
        assertThat(store().listLevel(prefix + "base/").map(ObjectInfo::size).blockLast(LIMIT))
                .isEqualTo(9);
    }

    @Test
    default void listingIsCold() {
        String prefix = freshPrefix();
        Flux<ObjectInfo> list = store().list(prefix);
        Flux<String> prefixes = store().listPrefixes(prefix);

        write(new ObjectKey(prefix + "a/b"), bytes(1, 1));
        assertThat(list.count().block(LIMIT)).isEqualTo(1);
        assertThat(prefixes.count().block(LIMIT)).isEqualTo(1);

        write(new ObjectKey(prefix + "c/d"), bytes(1, 1));
        assertThat(list.count().block(LIMIT)).isEqualTo(2);
        assertThat(prefixes.count().block(LIMIT)).isEqualTo(2);
    }

    private List<String> keys(String prefix) {
        List<String> keys = store().list(prefix)
                .map(info -> info.key().value())
                .collectList()
                .block(LIMIT);
        return keys == null ? List.of() : keys;
    }

    private List<String> level(String prefix) {
        List<String> keys = store().listLevel(prefix)
                .map(info -> info.key().value())
                .collectList()
                .block(LIMIT);
        return keys == null ? List.of() : keys;
    }

    private List<String> prefixes(String prefix) {
        List<String> prefixes = store().listPrefixes(prefix).collectList().block(LIMIT);
        return prefixes == null ? List.of() : prefixes;
    }
}
