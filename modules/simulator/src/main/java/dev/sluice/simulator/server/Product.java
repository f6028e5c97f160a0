package dev.sluice.simulator.server;

import dev.sluice.mtf.ServerVersion;

/// Which SQL Server the stand-in is.
///
/// **Source:** internal versions of databases were measured on backups (2022's is common knowledge); which edition and
/// release know which compression is in the documentation of BACKUP.
public record Product(Release release, Edition edition) {

    /// SQL Server 2022 Developer Edition.
    public static final Product DEFAULT = new Product(Release.SQL_2022, Edition.DEVELOPER);

    /// A release, in the order of their age.
    public enum Release {
        SQL_2019(2019, 15, 4385, 150, 904),
        SQL_2022(2022, 16, 4096, 160, 957),
        SQL_2025(2025, 17, 1000, 170, 998);

        private final int year;
        private final int major;
        private final int build;
        private final int compatibilityLevel;
        private final int databaseVersion;

        Release(int year, int major, int build, int compatibilityLevel, int databaseVersion) {
            this.year = year;
            this.major = major;
            this.build = build;
            this.compatibilityLevel = compatibilityLevel;
            this.databaseVersion = databaseVersion;
        }

        /// As in its name.
        public int year() {
            return year;
        }

        ServerVersion version() {
            return new ServerVersion(major, 0, build);
        }

        int compatibilityLevel() {
            return compatibilityLevel;
        }

        int databaseVersion() {
            return databaseVersion;
        }

        boolean isAtLeast(Release other) {
            return compareTo(other) >= 0;
        }
    }

    /// An edition.
    public enum Edition {
        DEVELOPER("Developer Edition (64-bit)", 3, true),
        ENTERPRISE("Enterprise Edition (64-bit)", 3, true),
        STANDARD("Standard Edition (64-bit)", 2, true),
        WEB("Web Edition (64-bit)", 2, false),
        EXPRESS("Express Edition (64-bit)", 4, false);

        private final String text;
        private final int engine;
        private final boolean compresses;

        Edition(String text, int engine, boolean compresses) {
            this.text = text;
            this.engine = engine;
            this.compresses = compresses;
        }

        String text() {
            return text;
        }

        /// As in `SERVERPROPERTY('EngineEdition')`.
        int engine() {
            return engine;
        }

        boolean compresses() {
            return compresses;
        }
    }

    /// Columns that came with SQL Server 2022 are not there before.
    boolean has2022Columns() {
        return release.isAtLeast(Release.SQL_2022);
    }
}
