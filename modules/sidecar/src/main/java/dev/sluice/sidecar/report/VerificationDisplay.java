package dev.sluice.sidecar.report;

import dev.sluice.catalog.VerificationDocument;
import java.util.LinkedHashMap;
import java.util.Map;

/// Verifications, for programs.
public final class VerificationDisplay {

    private VerificationDisplay() {}

    public static Map<String, Object> document(VerificationDocument verification) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("outcome", verification.outcome().text());
        document.put("startedAt", verification.startedAt().toString());
        document.put("finishedAt", verification.finishedAt().toString());
        document.put("bytes", verification.bytes());
        document.put("structure", verification.structure());
        document.put("checksums", verification.checksums());
        document.put("problems", verification.problems());
        document.put("remarks", verification.remarks());
        document.put("sluiceVersion", verification.sluiceVersion());
        return document;
    }
}
