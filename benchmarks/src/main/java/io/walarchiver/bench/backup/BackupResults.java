package io.walarchiver.bench.backup;

import io.walarchiver.bench.lab.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** All rounds that count, by compression and tool, in order of appearance. */
final class BackupResults {

    private final Map<String, Map<String, List<BackupRound>>> rounds = new LinkedHashMap<>();

    void add(BackupTool tool, BackupRound round) {
        rounds.computeIfAbsent(tool.compression(), c -> new LinkedHashMap<>())
                .computeIfAbsent(tool.name(), t -> new ArrayList<>())
                .add(round);
    }

    Map<String, Map<String, List<BackupRound>>> all() {
        return rounds;
    }

    /**
     * The median of a figure. Of several releases of a tool, the best: who is compared with the best is compared with all.
     *
     * @param tool      what the name begins with
     * @param lessWins  whether the smaller figure is the better one
     */
    OptionalDouble median(String compression, String tool, ToDoubleFunction<BackupRound> figure, boolean lessWins) {
        var medians = rounds.getOrDefault(compression, Map.of()).entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(tool))
                .mapToDouble(entry -> Spread.of(entry.getValue(), figure).median());
        return lessWins ? medians.min() : medians.max();
    }
}
