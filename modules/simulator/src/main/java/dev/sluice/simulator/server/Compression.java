package dev.sluice.simulator.server;

import dev.sluice.simulator.tsql.SqlFailure;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Whether a release and edition know the compression that a BACKUP asks for.
///
/// **Source:** the documentation of BACKUP. Which number an edition without compression answers with is not in it;
/// 3032 is the one for options that are not supported.
final class Compression {

    private static final Set<String> SINCE_2022 = Set.of("MS_XPRESS", "QAT_DEFLATE");
    private static final Set<String> LEVELS = Set.of("LOW", "MEDIUM", "HIGH");

    private Compression() {}

    static void require(Product product, StatementOptions options) {
        if (!options.has("COMPRESSION")) {
            return;
        }
        if (!product.edition().compresses()) {
            options.refuse(List.of("COMPRESSION"));
        }
        List<String> words = words(options);
        if (words.isEmpty()) {
            return;
        }
        if (!product.release().isAtLeast(Product.Release.SQL_2022)) {
            throw near("(");
        }
        requireShape(product, words);
        if (words.get(2).equals("QAT_DEFLATE")) {
            throw new SqlFailure(Errors.ofTheStandIn("it has no hardware for " + words.get(2)));
        }
    }

    /// What msdb calls the algorithm of a BACKUP, or null without compression. The container is MS_XPRESS's
    /// even where ZSTD was asked for: the format of ZSTD is not known.
    static @Nullable String algorithm(StatementOptions options) {
        if (!options.has("COMPRESSION")) {
            return null;
        }
        List<String> words = words(options);
        return words.isEmpty() ? "MS_XPRESS" : words.get(2);
    }

    private static List<String> words(StatementOptions options) {
        return options.words("COMPRESSION").stream()
                .map(word -> word.toUpperCase(Locale.ROOT))
                .toList();
    }

    /// `ALGORITHM = name [, LEVEL = level]`.
    private static void requireShape(Product product, List<String> words) {
        expect(words, 0, Set.of("ALGORITHM"));
        expect(words, 1, Set.of("="));
        boolean zstd = product.release().isAtLeast(Product.Release.SQL_2025)
                && words.size() > 2
                && words.get(2).equals("ZSTD");
        if (!zstd) {
            expect(words, 2, SINCE_2022);
        }
        if (words.size() == 3) {
            return;
        }
        if (!zstd) {
            throw near(words.get(3));
        }
        expect(words, 3, Set.of(","));
        expect(words, 4, Set.of("LEVEL"));
        expect(words, 5, Set.of("="));
        expect(words, 6, LEVELS);
        if (words.size() > 7) {
            throw near(words.get(7));
        }
    }

    private static void expect(List<String> words, int place, Set<String> allowed) {
        if (place >= words.size()) {
            throw near(")");
        }
        if (!allowed.contains(words.get(place))) {
            throw near(words.get(place));
        }
    }

    private static SqlFailure near(String word) {
        return SqlFailure.syntax(102, "Incorrect syntax near '%s'.".formatted(word), 1);
    }
}
