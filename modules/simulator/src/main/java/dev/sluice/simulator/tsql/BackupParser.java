package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tsql.Statement.Device;
import dev.sluice.simulator.tsql.Statement.Restore;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads BACKUP and RESTORE. Which options exist is decided here; which go together is decided where the statement
/// runs.
///
/// **Source:** the grammar of BACKUP and RESTORE in the product documentation. VIRTUAL_DEVICE is documented in the
/// VDI reference only.
final class BackupParser {

    private static final Set<String> DEVICE_TYPES = Set.of("VIRTUAL_DEVICE", "DISK", "TAPE", "URL");

    private static final Set<String> COMMON = Set.of(
            "BLOCKSIZE",
            "BUFFERCOUNT",
            "CHECKSUM",
            "CONTINUE_AFTER_ERROR",
            "MAXTRANSFERSIZE",
            "MEDIANAME",
            "MEDIAPASSWORD",
            "METADATA_ONLY",
            "NORECOVERY",
            "NOREWIND",
            "NOUNLOAD",
            "NO_CHECKSUM",
            "PASSWORD",
            "RESTART",
            "REWIND",
            "SNAPSHOT",
            "STANDBY",
            "STATS",
            "STOP_ON_ERROR",
            "UNLOAD");

    private static final Set<String> BACKUP_ONLY = Set.of(
            "COMPRESSION",
            "COPY_ONLY",
            "DESCRIPTION",
            "DIFFERENTIAL",
            "ENCRYPTION",
            "EXPIREDATE",
            "FORMAT",
            "INIT",
            "MEDIADESCRIPTION",
            "NAME",
            "NOFORMAT",
            "NOINIT",
            "NOSKIP",
            "NO_COMPRESSION",
            "NO_TRUNCATE",
            "RETAINDAYS",
            "SKIP");

    private static final Set<String> RESTORE_ONLY = Set.of(
            "DBNAME",
            "ENABLE_BROKER",
            "ERROR_BROKER_CONVERSATIONS",
            "FILE",
            "KEEP_CDC",
            "KEEP_REPLICATION",
            "LOADHISTORY",
            "MOVE",
            "NEW_BROKER",
            "PARTIAL",
            "RECOVERY",
            "REPLACE",
            "RESTRICTED_USER",
            "STOPAT",
            "STOPATMARK",
            "STOPBEFOREMARK");

    private final TokenStream in;
    private final ExpressionParser expressions;

    BackupParser(TokenStream in, ExpressionParser expressions) {
        this.in = in;
        this.expressions = expressions;
    }

    /// BACKUP has been taken.
    Statement backup() {
        if (in.takeWord("CERTIFICATE")) {
            String name = in.name();
            in.expectWord("TO");
            certificateFile("FILE");
            return new Statement.Certificate(Statement.Certificate.Action.BACK_UP, name);
        }
        boolean log = in.takeWord("LOG") || in.takeWords("TRAN") || in.takeWords("TRANSACTION");
        if (!log) {
            in.expectWord("DATABASE");
        }
        Expression database = database();
        refuseParts();
        in.expectWord("TO");
        List<Device> devices = devices();
        return new Statement.Backup(log, database, devices, options(BACKUP_ONLY, "BACKUP"));
    }

    /// RESTORE has been taken.
    Statement restore() {
        Restore.Kind kind = kind();
        boolean named = kind == Restore.Kind.DATABASE || kind == Restore.Kind.LOG;
        Expression database = named ? database() : null;
        refuseParts();
        if (kind.takesOneDevice()) {
            in.expectWord("FROM");
            return new Restore(kind, database, List.of(device()), options(RESTORE_ONLY, "RESTORE"));
        }
        if (!named) {
            in.expectWord("FROM");
            return new Restore(kind, database, devices(), options(RESTORE_ONLY, "RESTORE"));
        }
        List<Device> devices = in.takeWord("FROM") ? devices() : List.of();
        return new Restore(kind, database, devices, options(RESTORE_ONLY, "RESTORE"));
    }

    private Restore.Kind kind() {
        Token token = in.peek();
        for (Restore.Kind kind : Restore.Kind.values()) {
            if (in.takeWord(kind.name())) {
                return kind;
            }
        }
        if (in.takeWord("TRAN") || in.takeWord("TRANSACTION")) {
            return Restore.Kind.LOG;
        }
        throw token.kind() == Token.Kind.END ? in.unexpected() : SqlFailure.syntaxNear(token);
    }

    private Expression database() {
        if (in.peek().kind() == Token.Kind.VARIABLE) {
            return new Expression.Variable(in.variable());
        }
        Token token = in.peek();
        return ExpressionParser.string(
                new Token(Token.Kind.NATIONAL_STRING, in.name(), token.line(), token.start(), token.end()));
    }

    /// `FILE = 'path' [WITH PRIVATE KEY (words)]`.
    void certificateFile(String first) {
        in.expectWord(first);
        in.expectSymbol("=");
        expressions.simple();
        if (in.takeWords("WITH", "PRIVATE", "KEY")) {
            parenthesis();
        }
    }

    /// Files, filegroups and pages can be backed up and restored alone on a real server; the stand-in says that it
    /// cannot.
    private void refuseParts() {
        Token token = in.peek();
        if (token.isWord("FILE")
                || token.isWord("FILEGROUP")
                || token.isWord("READ_WRITE_FILEGROUPS")
                || token.isWord("PAGE")) {
            throw SqlFailure.syntax(
                    50_000,
                    "The stand-in for SQL Server handles whole databases only, not %s.".formatted(token.upper()),
                    token.line());
        }
    }

    private List<Device> devices() {
        List<Device> devices = new ArrayList<>();
        do {
            devices.add(device());
        } while (in.takeSymbol(","));
        return devices;
    }

    private Device device() {
        Token token = in.peek();
        if (token.kind() == Token.Kind.WORD
                && DEVICE_TYPES.contains(token.upper())
                && in.peek(1).isSymbol("=")) {
            in.next();
            in.next();
            if (!in.peek().isString() && in.peek().kind() != Token.Kind.VARIABLE) {
                throw in.unexpected();
            }
            return new Device(token.upper(), expressions.simple());
        }
        return new Device("LOGICAL", database());
    }

    private Options options(Set<String> special, String statement) {
        if (!in.takeWord("WITH")) {
            return Options.NONE;
        }
        List<Options.Option> options = new ArrayList<>();
        List<Options.Move> moves = new ArrayList<>();
        do {
            Token token = in.peek();
            String name = in.next().upper();
            if (token.kind() != Token.Kind.WORD) {
                throw SqlFailure.syntaxNear(token);
            }
            if (!COMMON.contains(name) && !special.contains(name)) {
                throw SqlFailure.syntax(
                        155, "'%s' is not a recognized %s option.".formatted(token.text(), statement), token.line());
            }
            if (name.equals("MOVE")) {
                moves.add(move());
            }
            options.add(option(name));
        } while (in.takeSymbol(","));
        return new Options(options, moves);
    }

    private Options.Option option(String name) {
        List<String> words = in.isSymbol("(") ? parenthesis() : List.of();
        Expression value = expressions.simpleIfAssigned();
        Expression after = value != null && in.takeWord("AFTER") ? expressions.simple() : null;
        return new Options.Option(name, value, after, words);
    }

    private Options.Move move() {
        Expression logicalName = expressions.simple();
        in.expectWord("TO");
        return new Options.Move(logicalName, expressions.simple());
    }

    private List<String> parenthesis() {
        in.expectSymbol("(");
        List<String> words = new ArrayList<>();
        while (!in.isSymbol(")")) {
            if (in.atEnd()) {
                throw in.unexpected();
            }
            words.add(in.next().text());
        }
        in.next();
        return words;
    }

    @Nullable
    Statement take() {
        if (in.takeWord("BACKUP")) {
            return backup();
        }
        return in.takeWord("RESTORE") ? restore() : null;
    }
}
