package io.walarchiver.backup.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class RelationFileNameTest {

    @Test
    void forksAndSegmentsAreToldApart() {
        assertThat(RelationFileName.parse("16384")).isEqualTo(new RelationFileName("16384", "", 0, false));
        assertThat(RelationFileName.parse("16384.12")).isEqualTo(new RelationFileName("16384", "", 12, false));
        assertThat(RelationFileName.parse("1259_fsm")).isEqualTo(new RelationFileName("1259", "fsm", 0, false));
        assertThat(RelationFileName.parse("4294967295_vm.3"))
                .isEqualTo(new RelationFileName("4294967295", "vm", 3, false));
        assertThat(RelationFileName.parse("16384_init")).isEqualTo(new RelationFileName("16384", "init", 0, false));
        assertThat(RelationFileName.parse("t12_16384")).isEqualTo(new RelationFileName("16384", "", 0, true));
        assertThat(RelationFileName.parse("t12_16384_vm.1")).isEqualTo(new RelationFileName("16384", "vm", 1, true));
    }

    @Test
    void otherFilesHoldNoPages() {
        for (String name : List.of(
                "",
                "PG_VERSION",
                "pg_filenode.map",
                "pg_control",
                "t",
                "t1",
                "t_16384",
                "t1_",
                "t1_x",
                "16384.",
                "16384.x",
                "16384_",
                "16384_main",
                "16384_fsm_",
                "16384_fsmx",
                "16384.1.2",
                "16384.9999999999",
                "99999999999",
                "16384 ",
                "-1")) {
            assertThat(RelationFileName.parse(name)).as(name).isNull();
        }
    }
}
