package dev.sluice.sidecar.report;

import dev.sluice.engine.backup.BackupResult;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A backup's result for programs: its catalog document, and beside it what is not kept there.
public final class BackupOutcome {

    private BackupOutcome() {}

    public static ObjectNode document(BackupResult result) {
        JsonMapper mapper = JsonMapper.shared();
        ObjectNode document = mapper.valueToTree(result.document());
        document.set("warnings", mapper.valueToTree(result.warnings()));
        document.set("chain", mapper.valueToTree(result.chain()));
        if (!result.left().isEmpty()) {
            document.set("left", mapper.valueToTree(result.left()));
        }
        if (result.answer() != null) {
            document.set("answer", document(result.answer()));
        }
        return document;
    }
}
