package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tds.SqlType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One statement of a batch.
public sealed interface Statement {

    record Select(Query query) implements Statement {}

    record Declare(List<Declaration> declarations) implements Statement {
        public Declare {
            declarations = List.copyOf(declarations);
        }
    }

    record Declaration(
            String variable, SqlType type, @Nullable Expression value) {}

    /// `SET @variable = value`.
    record Assign(String variable, Expression value) implements Statement {}

    /// `SET` of anything else; XACT_ABORT alone has an effect here.
    record SetOption(String text) implements Statement {}

    /// `SET LANGUAGE`.
    record SetLanguage(Expression name) implements Statement {}

    /// `SET DATEFORMAT`.
    record SetDateFormat(Expression name) implements Statement {}

    /// `DBCC command (arguments) WITH options`.
    ///
    /// @param command in upper case
    record Dbcc(String command, List<Expression> arguments, Set<Option> options) implements Statement {
        public Dbcc {
            arguments = List.copyOf(arguments);
            options = Set.copyOf(options);
        }

        /// A word behind WITH.
        public enum Option {
            NO_INFOMSGS,
            ALL_ERRORMSGS
        }

        /// Whether only errors are told.
        public boolean quiet() {
            return options.contains(Option.NO_INFOMSGS);
        }
    }

    /// `CREATE CERTIFICATE`, `DROP CERTIFICATE`, `BACKUP CERTIFICATE` and `CREATE MASTER KEY`.
    ///
    /// @param name of the certificate; empty for the master key
    /// @param binary    what a certificate is made FROM BINARY of; null for others
    record Certificate(Action action, String name, @Nullable Binary binary) implements Statement {

        public Certificate(Action action, String name) {
            this(action, name, null);
        }

        /// @param certificate in hexadecimal, as the key
        /// @param key         the private key; null without one
        /// @param password    that opens it
        public record Binary(
                String certificate,
                @Nullable String key,
                @Nullable String password) {}

        /// What is done with it.
        public enum Action {
            CREATE,
            DROP,
            BACK_UP,
            CREATE_MASTER_KEY
        }
    }

    /// About the server's own objects.
    record OfServer(ServerCommand command) implements Statement {}

    record Use(String database) implements Statement {}

    record Kill(Expression session) implements Statement {}

    /// @param result the variable that takes the return status, or null
    record Execute(@Nullable String result, List<String> procedure, List<Argument> arguments) implements Statement {
        public Execute {
            procedure = List.copyOf(procedure);
            arguments = List.copyOf(arguments);
        }
    }

    /// @param name with its `@`; empty for a positional one
    record Argument(String name, Expression value, boolean output) {}

    record Print(Expression text) implements Statement {}

    /// `WAITFOR DELAY`.
    record WaitFor(Expression delay) implements Statement {}

    record If(Condition condition, Statement then, @Nullable Statement otherwise) implements Statement {}

    record Block(List<Statement> statements) implements Statement {
        public Block {
            statements = List.copyOf(statements);
        }
    }

    record Return() implements Statement {}

    /// BEGIN, COMMIT and ROLLBACK of a transaction.
    ///
    /// @param name   of one that begins, or null
    /// @param marked WITH MARK
    /// @param mark   the mark's description, or null
    record Transaction(
            Step step,
            @Nullable Expression name,
            boolean marked,
            @Nullable Expression mark) implements Statement {
        /// Which of the three.
        public enum Step {
            BEGIN,
            COMMIT,
            ROLLBACK
        }
    }

    /// `ALTER DATABASE name SET words`, and `ALTER DATABASE name COLLATE collation`.
    ///
    /// @param words in upper case, one space between, up to `WITH` or the end of the statement; or COLLATE and the
    ///     collation as written
    record AlterDatabase(String database, String words) implements Statement {}

    /// `ALTER DATABASE database MODIFY NAME = name`.
    record RenameDatabase(String database, String name) implements Statement {}

    record AddFile(String database, String logicalName, String path) implements Statement {}

    /// `CREATE DATABASE name`, with nothing else said.
    record CreateDatabase(String name) implements Statement {}

    /// `ALTER DATABASE database MODIFY FILE (NAME = logicalName, SIZE = …)`.
    record ResizeFile(String database, String logicalName, long bytes) implements Statement {}

    /// @param name    of one to three parts
    /// @param columns in order
    record CreateTable(List<String> name, List<TableColumn> columns) implements Statement {
        public CreateTable {
            name = List.copyOf(name);
            columns = List.copyOf(columns);
        }
    }

    /// @param nullable false with NOT NULL
    record TableColumn(String name, SqlType type, boolean nullable) {}

    /// `INSERT INTO name (columns) VALUES (…), (…)`.
    record Insert(List<String> name, List<String> columns, List<List<Expression>> rows) implements Statement {
        public Insert {
            name = List.copyOf(name);
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
        }
    }

    record DropDatabase(List<String> databases, boolean ifExists) implements Statement {
        public DropDatabase {
            databases = List.copyOf(databases);
        }
    }

    /// BACKUP DATABASE and BACKUP LOG.
    record Backup(boolean log, Expression database, List<Device> devices, Options options) implements Statement {
        public Backup {
            devices = List.copyOf(devices);
        }
    }

    /// RESTORE of any kind.
    ///
    /// @param database null for the kinds that name none
    record Restore(Kind kind, @Nullable Expression database, List<Device> devices, Options options)
            implements Statement {
        public Restore {
            devices = List.copyOf(devices);
        }

        /// The word behind RESTORE.
        public enum Kind {
            DATABASE,
            LOG,
            HEADERONLY,
            FILELISTONLY,
            LABELONLY,
            VERIFYONLY;

            /// Whether it lists what one device holds, one stripe of many perhaps, and knows few options.
            public boolean takesOneDevice() {
                return this == HEADERONLY || this == FILELISTONLY || this == LABELONLY;
            }
        }
    }

    /// `VIRTUAL_DEVICE = N'name'`, `DISK = …`.
    ///
    /// @param type in upper case; a logical device has LOGICAL
    record Device(String type, Expression name) {}
}
