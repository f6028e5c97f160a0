package dev.sluice.engine.chain;

/// Something that SQL Server's chain of backups has and the bucket does not, or the other way round.
///
/// @param what        in SQL Server's terms: LSNs, backup sets, who and when where msdb tells
/// @param consequence what cannot be restored because of it
public record ChainFinding(Kind kind, String what, String consequence) {

    /// What it is.
    public enum Kind {
        /// Differentials rest on a full backup that is not in the bucket.
        FOREIGN_FULL(Remedy.FULL),
        /// No full backup of the database is in the bucket under its name, and what its other backups rest on is
        /// not there either, or is another database's.
        NO_FULL(Remedy.FULL),
        /// Log was backed up to somewhere else.
        FOREIGN_LOG(Remedy.DIFFERENTIAL),
        /// The log chain has ended: the recovery model was switched, and back.
        LOG_CHAIN_ENDED(Remedy.DIFFERENTIAL),
        /// The recovery model is SIMPLE now: there is no log to back up.
        SIMPLE_RECOVERY(Remedy.NONE),
        /// The database was restored, or dropped and made anew: what is in the bucket belongs to another one.
        OTHER_DATABASE(Remedy.FULL);

        private final Remedy remedy;

        Kind(Remedy remedy) {
            this.remedy = remedy;
        }

        /// The smallest backup that heals the chain.
        public Remedy remedy() {
            return remedy;
        }
    }

    /// A backup that makes the chain whole from here on.
    public enum Remedy {
        NONE,
        DIFFERENTIAL,
        FULL
    }
}
