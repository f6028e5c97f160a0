package dev.sluice.sidecar.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Replaces `${NAME}`, `${NAME:-what else}`, `${file:/path}` and `${credential:NAME}` in one value. `$${` stands for
/// a plain `${`; a dollar in any other place is a dollar.
///
/// It happens after parsing, value by value, so that nothing in a variable or a file can change the structure.
final class Interpolation {

    private static final Pattern NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);
    private static final String FILE = "file:";
    private static final String CREDENTIAL = "credential:";
    /// Where systemd says that it has put a unit's credentials.
    private static final String GIVEN = "CREDENTIALS_DIRECTORY";
    /// Where the unit `sluice.service` has them from, and a command that root enters reads them itself.
    private static final Path KEPT = Path.of("/etc/sluice/credentials");

    private static final int LARGEST_FILE = 64 << 10;

    private final UnaryOperator<@Nullable String> environment;

    /// @param environment gives the value of a variable, or null
    Interpolation(UnaryOperator<@Nullable String> environment) {
        this.environment = environment;
    }

    /// @param text     with everything replaced
    /// @param replaced whether anything was: then no error repeats the text
    /// @param file     whether a file's content is in it: then the text is nowhere to be shown
    public record Result(String text, boolean replaced, boolean file) {}

    /// **Errors:** [IllegalArgumentException], without any content.
    Result apply(String text) {
        int at = text.indexOf("${");
        if (at < 0) {
            return new Result(text, false, false);
        }
        StringBuilder result = new StringBuilder();
        int from = 0;
        boolean replaced = false;
        boolean file = false;
        while (at >= 0) {
            if (at > from && text.charAt(at - 1) == '$') {
                result.append(text, from, at - 1).append("${");
                from = at + 2;
            } else {
                int end = text.indexOf('}', at);
                if (end < 0) {
                    throw new IllegalArgumentException("'${' has no '}'; write '$${' if the value really begins so");
                }
                String reference = text.substring(at + 2, end);
                result.append(text, from, at).append(value(reference));
                replaced = true;
                file |= reference.startsWith(FILE) || reference.startsWith(CREDENTIAL);
                from = end + 1;
            }
            at = text.indexOf("${", from);
        }
        return new Result(result.append(text.substring(from)).toString(), replaced, file);
    }

    private String value(String reference) {
        if (reference.startsWith(FILE)) {
            return content(Path.of(reference.substring(FILE.length())));
        }
        if (reference.startsWith(CREDENTIAL)) {
            return credential(reference.substring(CREDENTIAL.length()));
        }
        Matcher matcher = NAME.matcher(reference);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "'${%s}' is neither a variable, like ${HOME}, nor a file, like ${file:/run/secrets/sa}"
                            .formatted(reference));
        }
        String value = environment.apply(matcher.group(1));
        if (value != null) {
            return value;
        }
        if (matcher.group(2) != null) {
            return matcher.group(2);
        }
        throw new IllegalArgumentException(
                "the environment variable %s is not set; set it, or write ${%s:-what holds otherwise}"
                        .formatted(matcher.group(1), matcher.group(1)));
    }

    /// One configuration serves the unit and the commands by hand: both have the credential, in different places.
    private String credential(String name) {
        if (name.isEmpty() || name.contains("/") || name.startsWith(".")) {
            throw new IllegalArgumentException(
                    "'%s' is no name of a credential; write the name of a file in %s, without a path"
                            .formatted(name, KEPT));
        }
        String given = environment.apply(GIVEN);
        String text = content((given == null ? KEPT : Path.of(given)).resolve(name));
        if (text.isEmpty()) {
            throw new IllegalArgumentException("the credential %s is empty; put it into %s, and start the unit again"
                    .formatted(name, KEPT.resolve(name)));
        }
        return text;
    }

    /// A file's text without the line end that editors and `echo` add.
    private static String content(Path file) {
        if (!file.isAbsolute()) {
            throw new IllegalArgumentException(
                    "%s is not an absolute path, and so would mean another file in another directory".formatted(file));
        }
        try {
            String text = withoutMark(BoundedFile.text(file, LARGEST_FILE));
            return text.endsWith("\r\n")
                    ? text.substring(0, text.length() - 2)
                    : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("there is no file %s".formatted(file), e);
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "%s is not UTF-8 (Windows' `>` writes UTF-16); save it as UTF-8".formatted(file), e);
        } catch (BoundedFile.Refused e) {
            throw new IllegalArgumentException("%s %s, which is no value".formatted(file, e.getMessage()), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("%s cannot be read: %s".formatted(file, e), e);
        }
    }

    /// Windows' editors put a byte order mark in front, which is no part of any secret.
    private static String withoutMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }
}
