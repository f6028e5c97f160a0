package dev.sluice.sidecar.config;

/// `history:`
public record HistorySection(
        @Key(
                value = "For how many days the history of jobs stays in the bucket. 0: `sluice serve` stores none, and"
                        + " removes none that is there.",
                initial = "90",
                min = "0",
                max = "3650")
        int days) {}
