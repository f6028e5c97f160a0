package dev.sluice.sidecar.serve.http;

/// What goes back to a client: at once, or bit by bit.
sealed interface ApiAnswer permits ApiResponse, EventStream {}
