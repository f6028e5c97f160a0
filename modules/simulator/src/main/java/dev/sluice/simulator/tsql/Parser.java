package dev.sluice.simulator.tsql;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/// Reads a batch.
public final class Parser {

    private final TokenStream in;
    private final ExpressionParser expressions;
    private final BackupParser backups;
    private final TableParser tables;

    private Parser(String text, Collation identifiers) {
        this.in = new TokenStream(text);
        this.expressions = new ExpressionParser(in, identifiers);
        this.backups = new BackupParser(in, expressions);
        this.tables = new TableParser(in, expressions);
    }

    /// The statements of the batch.
    ///
    /// @throws SqlFailure when it is not well formed; then nothing of it may run, as with SQL Server
    public static List<Statement> parse(String text) {
        return parse(text, Collation.DEFAULT);
    }

    /// As [#parse(String)], on a server of another collation.
    public static List<Statement> parse(String text, Collation identifiers) {
        Parser parser = new Parser(text, identifiers);
        List<Statement> statements = new ArrayList<>();
        while (parser.skipSemicolons()) {
            statements.add(parser.statement(statements.isEmpty()));
        }
        return statements;
    }

    private boolean skipSemicolons() {
        boolean semicolon;
        do {
            semicolon = in.takeSymbol(";");
        } while (semicolon);
        return !in.atEnd();
    }

    /// @param first whether it is the batch's first, where a procedure's name alone is a call of it
    private Statement statement(boolean first) {
        Token token = in.peek();
        if (token.kind() != Token.Kind.WORD && !(first && token.kind() == Token.Kind.QUOTED_NAME)) {
            throw in.unexpected();
        }
        Statement backup = backups.take();
        if (backup != null) {
            return backup;
        }
        return switch (token.upper()) {
            case "SELECT" -> new Statement.Select(new QueryParser(in, expressions).query());
            case "DECLARE" -> declare();
            case "SET" -> set();
            case "USE" -> {
                in.next();
                yield new Statement.Use(in.name());
            }
            case "KILL" -> {
                in.next();
                yield new Statement.Kill(expressions.simple());
            }
            case "EXEC", "EXECUTE" -> {
                in.next();
                yield execute();
            }
            case "PRINT" -> {
                in.next();
                yield new Statement.Print(expressions.expression());
            }
            case "WAITFOR" -> {
                in.next();
                in.expectWord("DELAY");
                yield new Statement.WaitFor(expressions.simple());
            }
            case "IF" -> ifElse();
            case "BEGIN" -> begin();
            case "COMMIT" -> transaction(Statement.Transaction.Step.COMMIT);
            case "ROLLBACK" -> transaction(Statement.Transaction.Step.ROLLBACK);
            case "RETURN" -> {
                in.next();
                yield new Statement.Return();
            }
            case "ALTER" -> alter();
            case "DROP" -> drop();
            case "CREATE" -> create();
            case "INSERT" -> tables.insert();
            case "DBCC" -> dbcc();
            case "GRANT", "DENY", "REVOKE" -> new ServerParser(in).permission();
            case "RECONFIGURE" -> {
                in.next();
                if (in.takeWord("WITH")) {
                    in.expectWord("OVERRIDE");
                }
                yield new Statement.OfServer(new ServerCommand.Reconfigure());
            }
            default -> {
                if (first && in.isName()) {
                    yield execute();
                }
                throw in.unexpected();
            }
        };
    }

    private Statement declare() {
        in.next();
        List<Statement.Declaration> declarations = new ArrayList<>();
        do {
            String variable = in.variable();
            in.takeWord("AS");
            SqlType type = expressions.type();
            Expression value = in.takeSymbol("=") ? expressions.expression() : null;
            declarations.add(new Statement.Declaration(variable, type, value));
        } while (in.takeSymbol(","));
        return new Statement.Declare(declarations);
    }

    private Statement set() {
        in.next();
        if (in.peek().kind() == Token.Kind.VARIABLE) {
            String variable = in.variable();
            in.expectSymbol("=");
            return new Statement.Assign(variable, expressions.expression());
        }
        if (in.takeWord("LANGUAGE")) {
            return new Statement.SetLanguage(wordOrVariable());
        }
        if (in.takeWord("DATEFORMAT")) {
            return new Statement.SetDateFormat(wordOrVariable());
        }
        Token first = in.peek();
        if (in.atSemicolonOrEnd()) {
            throw in.unexpected();
        }
        do {
            in.next();
        } while (!in.atSemicolonOrEnd() && !startsStatement(in.peek()));
        return new Statement.SetOption(in.textBetween(first, in.previous()));
    }

    /// `SET LANGUAGE German`, `SET LANGUAGE 'German'`, `SET LANGUAGE @language`.
    private Expression wordOrVariable() {
        Token token = in.peek();
        return in.isName() ? ExpressionParser.string(in.next()) : token.isString() ? expressions.simple() : variable();
    }

    private Expression variable() {
        return new Expression.Variable(in.variable());
    }

    /// An option of SET may be the name of nothing else, so these words end it. The driver sends `set
    /// implicit_transactions off IF @@TRANCOUNT > 0 COMMIT TRAN`.
    private static boolean startsStatement(Token token) {
        return List.of(
                        "SELECT", "SET", "IF", "EXEC", "EXECUTE", "DECLARE", "USE", "BACKUP", "RESTORE", "BEGIN",
                        "PRINT")
                .contains(token.upper());
    }

    private Statement execute() {
        String result = null;
        if (in.peek().kind() == Token.Kind.VARIABLE) {
            result = in.variable();
            in.expectSymbol("=");
        }
        List<String> procedure = in.qualifiedName();
        List<Statement.Argument> arguments = new ArrayList<>();
        if (!in.atSemicolonOrEnd() && isArgument()) {
            do {
                arguments.add(argument());
            } while (in.takeSymbol(","));
        }
        return new Statement.Execute(result, procedure, arguments);
    }

    private boolean isArgument() {
        Token token = in.peek();
        return switch (token.kind()) {
            case VARIABLE, STRING, NATIONAL_STRING, NUMBER, BINARY, QUOTED_NAME -> true;
            case SYMBOL -> token.isSymbol("-");
            case WORD -> !TokenStream.reserved(token) || token.isWord("NULL");
            case END -> false;
        };
    }

    private Statement.Argument argument() {
        String name = "";
        if (in.peek().kind() == Token.Kind.VARIABLE && in.peek(1).isSymbol("=")) {
            name = in.variable();
            in.next();
        }
        Expression value = argumentValue();
        boolean output = in.takeWord("OUTPUT") || in.takeWord("OUT");
        return new Statement.Argument(name, value, output);
    }

    /// A bare word as an argument is a text: `EXEC sp_who active`.
    private Expression argumentValue() {
        Token token = in.peek();
        if ((token.kind() == Token.Kind.WORD && !token.isWord("NULL")) || token.kind() == Token.Kind.QUOTED_NAME) {
            return ExpressionParser.string(in.next());
        }
        return expressions.expression();
    }

    private Statement ifElse() {
        in.next();
        Condition condition = expressions.conditions().condition();
        Statement then = statement(false);
        int mark = in.mark();
        in.takeSymbol(";");
        if (in.takeWord("ELSE")) {
            return new Statement.If(condition, then, statement(false));
        }
        in.backTo(mark);
        return new Statement.If(condition, then, null);
    }

    private Statement begin() {
        in.next();
        if (in.takeWord("TRAN") || in.takeWord("TRANSACTION")) {
            Expression name = transactionName();
            boolean marked = in.takeWords("WITH", "MARK");
            if (marked && name == null) {
                throw in.unexpected(); // the mark has the transaction's name
            }
            boolean described = marked && (in.peek().isString() || in.peek().kind() == Token.Kind.VARIABLE);
            return new Statement.Transaction(
                    Statement.Transaction.Step.BEGIN, name, marked, described ? expressions.simple() : null);
        }
        List<Statement> statements = new ArrayList<>();
        while (skipSemicolons() && !in.isWord("END")) {
            statements.add(statement(false));
        }
        in.expectWord("END");
        return new Statement.Block(statements);
    }

    private Statement transaction(Statement.Transaction.Step step) {
        in.next();
        if (in.takeWord("TRAN") || in.takeWord("TRANSACTION") || in.takeWord("WORK")) {
            transactionName();
        }
        return new Statement.Transaction(step, null, false, null);
    }

    private @Nullable Expression transactionName() {
        if (in.peek().kind() == Token.Kind.VARIABLE) {
            return variable();
        }
        return in.isName() && !startsStatement(in.peek()) ? ExpressionParser.string(in.next()) : null;
    }

    private Statement dbcc() {
        in.next();
        if (!in.isName()) {
            throw in.unexpected();
        }
        String command = in.next().upper();
        List<Expression> arguments = new ArrayList<>();
        if (in.takeSymbol("(") && !in.takeSymbol(")")) {
            do {
                arguments.add(expressions.expression());
            } while (in.takeSymbol(","));
            in.expectSymbol(")");
        }
        Set<Statement.Dbcc.Option> options = EnumSet.noneOf(Statement.Dbcc.Option.class);
        if (in.takeWord("WITH")) {
            do {
                options.add(dbccOption());
            } while (in.takeSymbol(","));
        }
        return new Statement.Dbcc(command, arguments, options);
    }

    private Statement.Dbcc.Option dbccOption() {
        for (Statement.Dbcc.Option option : Statement.Dbcc.Option.values()) {
            if (in.takeWord(option.name())) {
                return option;
            }
        }
        throw in.unexpected();
    }

    /// Databases and tables, and certificates as far as backups need them; how keys are protected is read over.
    private Statement create() {
        in.next();
        if (in.takeWord("DATABASE")) {
            return new Statement.CreateDatabase(in.name());
        }
        if (in.takeWord("TABLE")) {
            return tables.create();
        }
        Statement ofServer = new ServerParser(in).create();
        if (ofServer != null) {
            return ofServer;
        }
        if (in.takeWords("MASTER", "KEY")) {
            in.expectWord("ENCRYPTION");
            in.expectWord("BY");
            password();
            return new Statement.Certificate(Statement.Certificate.Action.CREATE_MASTER_KEY, "");
        }
        in.expectWord("CERTIFICATE");
        String name = in.name();
        if (in.takeWords("FROM", "BINARY")) {
            return new Statement.Certificate(Statement.Certificate.Action.CREATE, name, certificateBinary());
        }
        if (in.takeWord("FROM")) {
            backups.certificateFile("FILE");
        } else {
            in.expectWord("WITH");
            in.expectWord("SUBJECT");
            in.expectSymbol("=");
            expressions.simple();
        }
        return new Statement.Certificate(Statement.Certificate.Action.CREATE, name);
    }

    /// `= 0x… [WITH PRIVATE KEY (BINARY = 0x…, DECRYPTION BY PASSWORD = N'…')]`
    private Statement.Certificate.Binary certificateBinary() {
        ServerParser values = new ServerParser(in);
        in.expectSymbol("=");
        String certificate = values.binary();
        if (!in.takeWords("WITH", "PRIVATE", "KEY")) {
            return new Statement.Certificate.Binary(certificate, null, null);
        }
        in.expectSymbol("(");
        in.expectWord("BINARY");
        in.expectSymbol("=");
        String key = values.binary();
        in.expectSymbol(",");
        in.expectWord("DECRYPTION");
        in.expectWord("BY");
        in.expectWord("PASSWORD");
        in.expectSymbol("=");
        String password = in.next().text();
        in.expectSymbol(")");
        return new Statement.Certificate.Binary(certificate, key, password);
    }

    private void password() {
        in.expectWord("PASSWORD");
        in.expectSymbol("=");
        expressions.simple();
    }

    private Statement alter() {
        in.next();
        Statement ofServer = new ServerParser(in).alter();
        if (ofServer != null) {
            return ofServer;
        }
        in.expectWord("DATABASE");
        String database = in.name();
        if (in.takeWord("COLLATE")) {
            return new Statement.AlterDatabase(database, "COLLATE " + in.name());
        }
        if (in.takeWords("ADD", "FILE")) {
            return addFile(database);
        }
        if (in.takeWords("MODIFY", "FILE")) {
            return tables.resize(database);
        }
        if (in.takeWords("MODIFY", "NAME")) {
            in.expectSymbol("=");
            return new Statement.RenameDatabase(database, in.name());
        }
        in.expectWord("SET");
        StringJoiner words = new StringJoiner(" ");
        while (!in.atSemicolonOrEnd() && !in.isWord("WITH")) {
            words.add(in.next().upper());
        }
        if (words.length() == 0) {
            throw in.unexpected();
        }
        if (in.takeWord("WITH") && !(in.takeWords("ROLLBACK", "IMMEDIATE") || in.takeWord("NO_WAIT"))) {
            throw in.unexpected();
        }
        return new Statement.AlterDatabase(database, words.toString());
    }

    private Statement addFile(String database) {
        in.expectSymbol("(");
        in.expectWord("NAME");
        in.expectSymbol("=");
        String logicalName = in.next().text();
        in.expectSymbol(",");
        in.expectWord("FILENAME");
        in.expectSymbol("=");
        String path = in.next().text();
        in.expectSymbol(")");
        return new Statement.AddFile(database, logicalName, path);
    }

    private Statement drop() {
        in.next();
        Statement ofServer = new ServerParser(in).drop();
        if (ofServer != null) {
            return ofServer;
        }
        if (in.takeWord("CERTIFICATE")) {
            return new Statement.Certificate(Statement.Certificate.Action.DROP, in.name());
        }
        in.expectWord("DATABASE");
        boolean ifExists = in.takeWords("IF", "EXISTS");
        List<String> databases = new ArrayList<>();
        do {
            databases.add(in.name());
        } while (in.takeSymbol(","));
        return new Statement.DropDatabase(databases, ifExists);
    }
}
