package dev.sluice.sidecar.serve;

import dev.sluice.engine.Engine;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.OperationFailed;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Compares a chain with the server's where no backup does it: one that was due is left out, or may be.
///
/// **Threading:** any thread; each call waits for SQL Server and the bucket.
final class ChainComparison {

    private static final Logger log = LoggerFactory.getLogger(ChainComparison.class);

    private final Engine engine;
    private final ChainRepairs chains;

    ChainComparison(Engine engine, ChainRepairs chains) {
        this.engine = engine;
        this.chains = chains;
    }

    private List<ChainFinding> findings(String database) {
        return Blocking.uncancellably(engine.chain(database, chains.policy(database)))
                .orElse(List.of());
    }

    /// Tells what is broken, and has it answered.
    void tell(TrackedBackup work) {
        String database = work.job().database();
        try {
            List<ChainFinding> findings = findings(database);
            boolean known = chains.broken(database)
                    .containsAll(findings.stream().map(ChainFinding::kind).toList());
            work.note(chains.heard(database, findings));
            if (!known) {
                findings.forEach(finding -> log.atWarn()
                        .addKeyValue("database", database)
                        .addKeyValue("what", finding.what())
                        .addKeyValue("consequence", finding.consequence())
                        .log("the chain of backups is broken"));
            }
        } catch (OperationFailed e) {
            notCompared(database, e);
        }
    }

    /// Whether the chain has no hole now, also none that is younger than the last log backup; false also where the
    /// comparison fails. What is found is not answered here: the backup that is taken for it tells what is left.
    boolean isUnbroken(String database) {
        try {
            return chains.broken(database).isEmpty() && findings(database).isEmpty();
        } catch (OperationFailed e) {
            notCompared(database, e);
            return false;
        }
    }

    private static void notCompared(String database, OperationFailed e) {
        log.atWarn()
                .addKeyValue("database", database)
                .addKeyValue("cause", e.what())
                .log("the chain of backups could not be compared with the server's");
    }
}
