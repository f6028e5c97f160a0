package dev.sluice.benchmarks.compare;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import javax.imageio.ImageIO;
import tools.jackson.databind.json.JsonMapper;

/// The rows as JSON, as Markdown and as a picture.
final class Report {
    private static final int BAR = 18;
    private static final int LABEL = 190;
    private static final int WIDTH = 1000;

    private Report() {}

    static void json(List<Row> rows, Path file) throws IOException {
        List<Map<String, Object>> all = new ArrayList<>();
        for (Row row : rows) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("client", row.client().label);
            one.put("scheme", row.scheme());
            one.put("direction", row.direction());
            one.put("gibPerSecond", row.gibPerSecond());
            one.put("cpuSecondsPerGib", row.cpuSecondsPerGib());
            one.put("marginalCpuSecondsPerGib", row.marginalCpuSecondsPerGib());
            one.put("fixedCpuSeconds", row.fixedCpuSeconds());
            one.put("peakRssMiB", row.peakRssMiB());
            all.add(one);
        }
        Files.write(
                file,
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsBytes(Map.of("rows", all)));
    }

    static String markdown(List<Row> rows) {
        StringBuilder text = new StringBuilder();
        String group = "";
        for (Row row : rows) {
            String next = row.direction() + " over " + row.scheme();
            if (!next.equals(group)) {
                group = next;
                text.append("\n| ")
                        .append(group)
                        .append(
                                " | GiB | runs | GiB/s | CPU s/GiB | marginal CPU s/GiB | fixed CPU s | peak RSS MiB |\n|---|---|---|---|---|---|---|---|\n");
            }
            text.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %d | %s | %s | %s | %s | %s |%n",
                    row.client().label,
                    BigDecimal.valueOf(row.bytes() / (double) (1L << 30))
                            .stripTrailingZeros()
                            .toPlainString(),
                    row.runs().size(),
                    spread(row.gibPerSecond(), "%.2f"),
                    spread(row.cpuSecondsPerGib(), "%.2f"),
                    spread(row.marginalCpuSecondsPerGib(), "%.2f"),
                    spread(row.fixedCpuSeconds(), "%.1f"),
                    spread(row.peakRssMiB(), "%.0f")));
        }
        return text.toString();
    }

    private static String spread(Row.Spread spread, String format) {
        return String.format(
                Locale.ROOT, format + " (" + format + "–" + format + ")", spread.median(), spread.min(), spread.max());
    }

    /// Two bar charts side by side for each group: what it moves, and what that costs.
    static void plot(List<Row> rows, Path file) throws IOException {
        Map<String, List<Row>> groups = new LinkedHashMap<>();
        rows.forEach(row -> groups.computeIfAbsent(row.direction() + " over " + row.scheme(), _ -> new ArrayList<>())
                .add(row));
        int height = 20
                + groups.values().stream()
                        .mapToInt(group -> 50 + BAR * group.size())
                        .sum();
        BufferedImage image = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, WIDTH, height);
        int y = 20;
        for (Map.Entry<String, List<Row>> group : groups.entrySet()) {
            g.setColor(Color.BLACK);
            g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
            g.drawString(group.getKey() + ": GiB/s (more is better)", LABEL, y + 12);
            g.drawString("CPU seconds per GiB (less is better)", LABEL + 420, y + 12);
            y += 22;
            bars(g, group.getValue(), Row::gibPerSecond, LABEL, y, true);
            bars(g, group.getValue(), Row::cpuSecondsPerGib, LABEL + 420, y, false);
            y += BAR * group.getValue().size() + 28;
        }
        g.dispose();
        ImageIO.write(image, "png", file.toFile());
    }

    private static void bars(
            Graphics2D g, List<Row> rows, Function<Row, Row.Spread> value, int x, int top, boolean labels) {
        int room = 300;
        double most =
                rows.stream().mapToDouble(row -> value.apply(row).max()).max().orElse(1);
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        int y = top;
        for (Row row : rows) {
            Row.Spread spread = value.apply(row);
            if (labels) {
                g.setColor(Color.BLACK);
                g.drawString(row.client().label, 10, y + 12);
            }
            g.setColor(row.client() == Client.SLUICE ? new Color(0x1f6feb) : new Color(0xb0bec5));
            g.fillRect(x, y + 2, (int) (room * spread.median() / most), BAR - 5);
            g.setColor(Color.DARK_GRAY);
            g.setStroke(new BasicStroke(1.2f));
            int line = y + BAR / 2;
            g.drawLine((int) (x + room * spread.min() / most), line, (int) (x + room * spread.max() / most), line);
            g.drawString(
                    String.format(Locale.ROOT, "%.2f", spread.median()),
                    (int) (x + room * spread.max() / most) + 6,
                    y + 13);
            y += BAR;
        }
    }
}
