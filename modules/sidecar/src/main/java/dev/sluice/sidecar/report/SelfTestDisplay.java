package dev.sluice.sidecar.report;

import dev.sluice.engine.selftest.OpenQuestion;
import dev.sluice.engine.selftest.QuestionAnswer;
import dev.sluice.engine.selftest.RecordedSet;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.engine.selftest.StepOutcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// The report of a self-test, for programs and for an issue.
public final class SelfTestDisplay {

    /// Of the report's form: a reader ignores members that it does not know.
    private static final int VERSION = 1;

    /// An issue takes 65,536 characters. Sets are told as far as there is room.
    private static final int ROOM_FOR_SETS = 55_000;

    private static final int LONGEST_CELL = 1_500;

    private static final String STAND_IN =
            "**The server is Sluice's own stand-in (simulator). Nothing in this report is a fact about SQL Server.**";

    private SelfTestDisplay() {}

    /// The steps that found something.
    public static List<String> failedSteps(SelfTestReport report) {
        List<String> failed = new ArrayList<>(report.steps().entrySet().stream()
                .filter(step -> step.getValue() instanceof StepOutcome.Failed)
                .map(step -> step.getKey().text())
                .toList());
        if (failed.isEmpty() && report.cancelled()) {
            failed.add("nothing, and it was cancelled");
        } else if (failed.isEmpty() && !report.left().isEmpty()) {
            failed.add("nothing, and it left something");
        }
        return failed;
    }

    private static String result(SelfTestReport report) {
        return !report.over()
                ? "not over"
                : report.cancelled() ? "cancelled" : report.sound() ? "nothing wrong" : "something was found";
    }

    public static Map<String, Object> document(SelfTestReport report) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("selfTest", VERSION);
        document.put("id", report.id());
        document.put("sluice", report.version());
        document.put("standIn", report.standIn());
        document.put("startedAt", report.startedAt().toString());
        document.put("result", result(report));
        document.put("server", report.server());
        document.put("machine", report.machine());
        Map<String, Object> steps = new LinkedHashMap<>();
        report.steps().forEach((step, outcome) -> steps.put(step.text(), document(outcome)));
        document.put("steps", steps);
        document.put(
                "questions",
                report.answers().entrySet().stream()
                        .map(answer -> document(answer.getKey(), answer.getValue()))
                        .toList());
        document.put("left", report.left());
        document.put("sets", report.sets());
        document.put("setsLeftOut", report.setsLeft());
        return document;
    }

    private static Map<String, Object> document(StepOutcome outcome) {
        Map<String, Object> document = new LinkedHashMap<>();
        switch (outcome) {
            case StepOutcome.Passed(double seconds, var evidence) -> {
                document.put("outcome", "passed");
                document.put("seconds", seconds);
                document.put("evidence", evidence);
            }
            case StepOutcome.Failed(double seconds, var evidence, String what) -> {
                document.put("outcome", "failed");
                document.put("seconds", seconds);
                document.put("evidence", evidence);
                document.put("what", what);
            }
            case StepOutcome.Skipped(String why) -> {
                document.put("outcome", "skipped");
                document.put("why", why);
            }
        }
        return document;
    }

    private static Map<String, Object> document(OpenQuestion question, QuestionAnswer answer) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("question", question.source());
        document.put("text", question.text());
        document.put("answer", kind(answer));
        document.put(answer instanceof QuestionAnswer.Observed ? "observed" : "why", answer.text());
        return document;
    }

    private static String kind(QuestionAnswer answer) {
        return switch (answer) {
            case QuestionAnswer.Observed _ -> "observed";
            case QuestionAnswer.NotObservable _ -> "not observable by a client";
            case QuestionAnswer.NotReached _ -> "not reached";
        };
    }

    // ---- Markdown ----

    public static String markdown(SelfTestReport report) {
        StringBuilder text = new StringBuilder();
        line(text, "# Self-test %s: %s".formatted(report.id(), result(report)));
        line(text, "");
        if (report.standIn()) {
            line(text, STAND_IN);
            line(text, "");
        }
        line(text, "| | |");
        line(text, "|---|---|");
        row(text, "Sluice", report.version());
        row(text, "began, by the server's clock", report.startedAt().toString());
        report.server().forEach((name, value) -> row(text, "server: " + name, value));
        report.machine().forEach((name, value) -> row(text, "machine: " + name, value));
        steps(text, report);
        questions(text, report);
        sets(text, report);
        if (!report.left().isEmpty()) {
            line(text, "");
            line(text, "## Left behind");
            line(text, "");
            report.left().forEach(left -> line(text, "- " + cell(left)));
        }
        line(text, "");
        line(text, "Row for the table of the README:");
        line(text, "");
        line(
                text,
                "    | %s | %s | %s | %s |"
                        .formatted(
                                report.server().getOrDefault("version", "?") + (report.standIn() ? " (simulator)" : ""),
                                report.server().getOrDefault("edition", "?"),
                                report.server().getOrDefault("host_platform", "?"),
                                result(report)));
        return text.toString();
    }

    private static void steps(StringBuilder text, SelfTestReport report) {
        line(text, "");
        line(text, "## Steps");
        line(text, "");
        line(text, "| Step | Outcome | Seconds | What was seen |");
        line(text, "|---|---|---|---|");
        report.steps().forEach((step, outcome) -> {
            switch (outcome) {
                case StepOutcome.Passed(double seconds, var evidence) ->
                    row(text, step.text(), "passed", seconds(seconds), String.join("\n", evidence));
                case StepOutcome.Failed(double seconds, var evidence, String what) ->
                    row(text, step.text(), "**failed**", seconds(seconds), what + "\n" + String.join("\n", evidence));
                case StepOutcome.Skipped(String why) -> row(text, step.text(), "left out", "", why);
            }
        });
    }

    private static void questions(StringBuilder text, SelfTestReport report) {
        line(text, "");
        line(text, "## What the documents leave open");
        line(text, "");
        line(text, "| Question | | Answer |");
        line(text, "|---|---|---|");
        report.answers()
                .forEach((question, answer) ->
                        row(text, question.source(), question.text(), kind(answer) + ": " + answer.text()));
    }

    /// The calls one by one are in the JSON file.
    private static void sets(StringBuilder text, SelfTestReport report) {
        line(text, "");
        line(text, "## Device sets");
        line(text, "");
        line(
                text,
                String.format(
                        Locale.ROOT,
                        "The JSON file has %d sets with their calls%s. The first of them:",
                        report.sets().size(),
                        report.setsLeft() == 0
                                ? ""
                                : String.format(Locale.ROOT, "; %d more were made", report.setsLeft())));
        line(text, "");
        line(text, "| Step | Configuration | Devices | Bytes | Commands (count; held: median, longest in µs) |");
        line(text, "|---|---|---|---|---|");
        for (RecordedSet set : report.sets()) {
            if (text.length() > ROOM_FOR_SETS) {
                break;
            }
            long bytes =
                    set.devices().stream().mapToLong(RecordedSet.Device::bytes).sum();
            row(
                    text,
                    set.step(),
                    set.granted().isEmpty() ? "none" : set.granted(),
                    String.valueOf(set.devices().size()),
                    String.valueOf(bytes),
                    set.devices().isEmpty() ? "" : commands(set.devices().getFirst()));
        }
    }

    /// Of the first device.
    private static String commands(RecordedSet.Device device) {
        return String.join(
                "\n",
                device.commands().stream()
                        .map(commands -> String.format(
                                Locale.ROOT,
                                "%s: %d; %d, %d",
                                commands.kind(),
                                commands.waited().count(),
                                commands.held().medianMicros(),
                                commands.held().longestMicros()))
                        .toList());
    }

    private static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.1f", seconds);
    }

    private static void row(StringBuilder text, String... cells) {
        line(text, Arrays.stream(cells).map(SelfTestDisplay::cell).collect(Collectors.joining(" | ", "| ", " |")));
    }

    /// Text that cannot end a cell, begin a tag or address a person.
    private static String cell(String text) {
        String shown = text.strip();
        String bounded = shown.length() > LONGEST_CELL ? shown.substring(0, LONGEST_CELL) + " […]" : shown;
        return bounded.replace("|", "\\|")
                .replace("<", "&lt;")
                .replace("@", "&#64;")
                .replace("\r", "")
                .replace("\n", "<br>");
    }

    private static void line(StringBuilder text, String line) {
        text.append(line).append('\n');
    }
}
