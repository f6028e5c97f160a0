package dev.sluice.sidecar.config;

import java.util.Collection;
import java.util.Optional;

/// Finds the word that the user probably meant.
public final class Nearest {

    private Nearest() {}

    /// The nearest of `words`, if it is near enough to be worth a question.
    public static Optional<String> to(String text, Collection<String> words) {
        String best = "";
        int least = Integer.MAX_VALUE;
        for (String word : words) {
            int distance = distance(squeezed(text), squeezed(word));
            if (distance < least) {
                least = distance;
                best = word;
            }
        }
        return least <= Math.max(1, Math.min(3, text.length() / 3)) ? Optional.of(best) : Optional.empty();
    }

    /// `partSize`, `part_size` and `part-size` are the same word, written by people who know other tools.
    private static String squeezed(String text) {
        return Units.kebab(text).replace("-", "");
    }

    /// Characters to change, insert, remove, or swap with their neighbour.
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + change);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
