/// Results as people and programs read them: tables, progress and JSON documents.
@NullMarked
package dev.sluice.sidecar.report;

import org.jspecify.annotations.NullMarked;
