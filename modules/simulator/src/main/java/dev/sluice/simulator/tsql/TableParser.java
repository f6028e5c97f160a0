package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.List;

/// Reads what makes a table, fills it, and makes room for it.
final class TableParser {

    private static final int LONGEST_NUMBER = 9;

    private final TokenStream in;
    private final ExpressionParser expressions;

    TableParser(TokenStream in, ExpressionParser expressions) {
        this.in = in;
        this.expressions = expressions;
    }

    /// Behind `CREATE TABLE`.
    Statement create() {
        List<String> name = in.qualifiedName();
        List<Statement.TableColumn> columns = new ArrayList<>();
        in.expectSymbol("(");
        do {
            columns.add(column());
        } while (in.takeSymbol(","));
        in.expectSymbol(")");
        return new Statement.CreateTable(name, columns);
    }

    private Statement.TableColumn column() {
        String name = in.name();
        SqlType type = expressions.type();
        boolean required = in.takeWords("NOT", "NULL");
        if (!required) {
            in.takeWord("NULL");
        }
        return new Statement.TableColumn(name, type, !required);
    }

    /// From `INSERT` on.
    Statement insert() {
        in.next();
        in.takeWord("INTO");
        List<String> name = in.qualifiedName();
        List<String> columns = new ArrayList<>();
        in.expectSymbol("(");
        do {
            columns.add(in.name());
        } while (in.takeSymbol(","));
        in.expectSymbol(")");
        in.expectWord("VALUES");
        List<List<Expression>> rows = new ArrayList<>();
        do {
            rows.add(row());
        } while (in.takeSymbol(","));
        return new Statement.Insert(name, columns, rows);
    }

    private List<Expression> row() {
        List<Expression> values = new ArrayList<>();
        in.expectSymbol("(");
        do {
            values.add(expressions.expression());
        } while (in.takeSymbol(","));
        in.expectSymbol(")");
        return List.copyOf(values);
    }

    /// Behind `ALTER DATABASE database MODIFY FILE`. SIZE is in megabytes where no unit is said.
    Statement resize(String database) {
        in.expectSymbol("(");
        in.expectWord("NAME");
        in.expectSymbol("=");
        String logicalName = in.next().text();
        in.expectSymbol(",");
        in.expectWord("SIZE");
        in.expectSymbol("=");
        Token number = in.next();
        boolean plain = number.kind() == Token.Kind.NUMBER
                && number.text().length() <= LONGEST_NUMBER
                && number.text().chars().allMatch(Character::isDigit);
        if (!plain) {
            throw SqlFailure.syntaxNear(number);
        }
        int shift = in.takeWord("KB") ? 10 : in.takeWord("GB") ? 30 : 20;
        if (shift == 20) {
            in.takeWord("MB");
        }
        in.expectSymbol(")");
        return new Statement.ResizeFile(database, logicalName, Long.parseLong(number.text()) << shift);
    }
}
