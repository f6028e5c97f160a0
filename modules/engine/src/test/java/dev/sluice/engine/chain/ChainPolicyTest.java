package dev.sluice.engine.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.chain.ChainFinding.Kind;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ChainPolicyTest {

    private static List<ChainFinding> found(Kind... kinds) {
        return Arrays.stream(kinds)
                .map(kind -> new ChainFinding(kind, "what", "consequence"))
                .toList();
    }

    @Test
    void theSmallestBackupThatHealsIsTheAnswer() {
        assertThat(ChainPolicy.DIFFERENTIAL.answer(found(Kind.FOREIGN_LOG))).contains(BackupType.DIFFERENTIAL);
        assertThat(ChainPolicy.DIFFERENTIAL.answer(found(Kind.FOREIGN_LOG, Kind.FOREIGN_FULL)))
                .contains(BackupType.FULL);
        assertThat(ChainPolicy.FULL.answer(found(Kind.FOREIGN_LOG))).contains(BackupType.FULL);
        assertThat(ChainPolicy.FULL.answer(found(Kind.SIMPLE_RECOVERY))).isEmpty();
        assertThat(ChainPolicy.FULL.answer(List.of())).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"IGNORE", "REPORT", "REPORT_LOG"})
    void noneFollowsWhereItIsOnlyReported(ChainPolicy policy) {
        assertThat(policy.answer(found(Kind.FOREIGN_LOG, Kind.NO_FULL))).isEmpty();
        assertThat(policy.reporting()).isEqualTo(policy);
    }

    @ParameterizedTest
    @CsvSource({
        "IGNORE, IGNORE",
        "REPORT, REPORT_LOG",
        "DIFFERENTIAL, COPY_ONLY_FULL",
        "FULL, COPY_ONLY_FULL",
        "REPORT_LOG, REPORT_LOG",
        "COPY_ONLY_FULL, COPY_ONLY_FULL"
    })
    void besideCopyOnlyFullBackupsThereIsNoAnswerThatRestsOnAnothersBaseOrMovesIt(ChainPolicy said, ChainPolicy then) {
        assertThat(said.besideOtherFulls()).isEqualTo(then);
    }

    @Test
    void aCopyOnlyFullBackupHealsAGapAndStartsNoLogChain() {
        assertThat(ChainPolicy.COPY_ONLY_FULL.answer(found(Kind.FOREIGN_LOG))).contains(BackupType.FULL);
        assertThat(ChainPolicy.COPY_ONLY_FULL.answer(found(Kind.NO_FULL))).contains(BackupType.FULL);
        assertThat(ChainPolicy.COPY_ONLY_FULL.answer(found(Kind.LOG_CHAIN_ENDED)))
                .isEmpty();
    }
}
