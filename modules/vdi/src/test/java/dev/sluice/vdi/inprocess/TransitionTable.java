package dev.sluice.vdi.inprocess;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/// A state table of the specification, as text: a row a function, a column a state, in each cell the answer and,
/// after an arrow, the state that follows when it is another one.
record TransitionTable(List<Cell> cells) {

    /// @param answer the call's answer: OK, or the error without VD_E_
    record Cell(String function, String state, String answer, String next) {}

    static TransitionTable of(String text) {
        List<String> lines = text.lines().toList();
        List<String> states = columns(lines.getFirst());
        List<Cell> cells = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            List<String> row = columns(line);
            if (row.size() != states.size()) {
                throw new IllegalArgumentException("%d columns in: %s".formatted(row.size(), line));
            }
            for (int i = 1; i < row.size(); i++) {
                String[] cell = row.get(i).split(" -> ", -1);
                String next = cell.length > 1 ? cell[1] : states.get(i);
                cells.add(new Cell(row.getFirst(), states.get(i), cell[0], next));
            }
        }
        return new TransitionTable(cells);
    }

    private static List<String> columns(String line) {
        return Stream.of(line.split("\\|", -1)).map(String::strip).toList();
    }

    Stream<Arguments> arguments() {
        return cells.stream().map(cell -> Arguments.of(cell.function, cell.state, cell.answer, cell.next));
    }
}
