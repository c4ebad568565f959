package io.walarchiver.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ObjectKeyOrderTest {

    @Test
    void keysAreOrderedByTheirBytes() {
        assertThat(Stream.of("b", "a\ud83d\ude00", "a\uff5e", "a", "aa", "a/b", "a-b")
                        .map(ObjectKey::new)
                        .sorted())
                .extracting(ObjectKey::value)
                .containsExactly("a", "a-b", "a/b", "aa", "a\uff5e", "a\ud83d\ude00", "b");
    }
}
