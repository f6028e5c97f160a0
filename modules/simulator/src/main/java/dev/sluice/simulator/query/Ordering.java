package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.Query;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// ORDER BY: an expression, a column of the select list by its alias, or its number.
final class Ordering {

    record Key(Bound value, boolean descending) {}

    private Ordering() {}

    static List<Key> keys(Query query, List<Column> columns, List<Bound> values, Binder binder) {
        List<Key> keys = new ArrayList<>();
        for (Query.Order order : query.orderBy()) {
            keys.add(new Key(key(order.expression(), columns, values, binder), order.descending()));
        }
        return keys;
    }

    private static Bound key(Expression expression, List<Column> columns, List<Bound> values, Binder binder) {
        if (expression instanceof Expression.Literal literal && literal.value() instanceof Integer number) {
            if (number < 1 || number > columns.size()) {
                throw SqlFailure.error(
                        108,
                        String.format(
                                Locale.ROOT,
                                "The ORDER BY position number %d is out of range of the number of items in the select list.",
                                number));
            }
            return values.get(number - 1);
        }
        if (expression instanceof Expression.ColumnName name && name.parts().size() == 1) {
            for (int i = 0; i < columns.size(); i++) {
                if (binder.identifiers().equal(columns.get(i).name(), name.column())) {
                    return values.get(i);
                }
            }
        }
        return binder.bind(expression);
    }

    static void sort(List<Frame> frames, List<Key> keys, Values values) {
        if (!keys.isEmpty()) {
            Comparator<Object> nullsFirst = Comparator.nullsFirst(values::compare);
            frames.sort((a, b) -> compare(a, b, keys, nullsFirst));
        }
    }

    private static int compare(Frame a, Frame b, List<Key> keys, Comparator<Object> nullsFirst) {
        for (Key key : keys) {
            int order = nullsFirst.compare(key.value.value(a), key.value.value(b));
            if (order != 0) {
                return key.descending ? -order : order;
            }
        }
        return 0;
    }
}
