package dev.sluice.sidecar.init;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// As much of IAM's evaluation as the policies of `sluice init` use: what no statement allows is denied. It
/// knows the conditions `StringLike` on `s3:prefix` and `ForAnyValue:StringEquals` on `kms:ResourceAliases`,
/// and refuses a policy with anything else, rather than to take it for less than it says.
///
/// @param statements all of them allow
record IamPolicy(List<Statement> statements) {

    /// @param prefixes what `s3:prefix` must be like; empty for no such condition
    record Statement(Set<String> actions, List<String> resources, List<String> prefixes) {

        boolean allows(Need need) {
            return actions.contains(need.action())
                    && resources.stream().anyMatch(resource -> like(resource, need.resource()))
                    && (prefixes.isEmpty()
                            || (need.prefix() != null
                                    && prefixes.stream().anyMatch(prefix -> like(prefix, need.prefix()))));
        }

        private static boolean like(String pattern, String text) {
            return Pattern.matches(("\\Q" + pattern + "\\E").replace("*", "\\E.*\\Q"), text);
        }
    }

    static IamPolicy parse(String json) {
        JsonNode document = JsonMapper.shared().readTree(json);
        if (!document.path("Version").asString().equals("2012-10-17")) {
            throw new AssertionError("no policy of the current language: " + json);
        }
        List<Statement> statements = new ArrayList<>();
        for (JsonNode each : document.path("Statement")) {
            for (Map.Entry<String, JsonNode> property : each.properties()) {
                if (!Set.of("Sid", "Effect", "Action", "Resource", "Condition").contains(property.getKey())) {
                    throw new AssertionError("unknown in a statement: " + property.getKey());
                }
            }
            if (!each.path("Effect").asString().equals("Allow")) {
                throw new AssertionError("only what is allowed is said: " + each);
            }
            statements.add(new Statement(
                    new LinkedHashSet<>(texts(each.path("Action"))),
                    texts(each.path("Resource")),
                    prefixes(each.path("Condition"))));
        }
        return new IamPolicy(statements);
    }

    private static List<String> prefixes(JsonNode condition) {
        List<String> prefixes = new ArrayList<>();
        for (Map.Entry<String, JsonNode> each : condition.properties()) {
            switch (each.getKey()) {
                case "StringLike" -> prefixes.addAll(texts(each.getValue().path("s3:prefix")));
                case "ForAnyValue:StringEquals" -> {
                    // The stand-in for a key has this alias.
                }
                default -> throw new AssertionError("unknown condition " + each.getKey());
            }
        }
        return prefixes;
    }

    /// IAM takes one text in place of a list of one.
    private static List<String> texts(JsonNode list) {
        if (list.isString()) {
            return List.of(list.asString());
        }
        List<String> texts = new ArrayList<>();
        list.forEach(each -> texts.add(each.asString()));
        return texts;
    }

    boolean allows(Need need) {
        return statements.stream().anyMatch(statement -> statement.allows(need));
    }

    /// Every right, in the order of the policy.
    Set<String> actions() {
        Set<String> actions = new LinkedHashSet<>();
        statements.forEach(statement -> actions.addAll(statement.actions()));
        return actions;
    }

    IamPolicy without(String action) {
        return new IamPolicy(statements.stream()
                .map(statement -> {
                    Set<String> left = new LinkedHashSet<>(statement.actions());
                    left.remove(action);
                    return new Statement(left, statement.resources(), statement.prefixes());
                })
                .toList());
    }

    /// A right that a request needs.
    ///
    /// @param prefix the value of `s3:prefix`; null where the request has none
    record Need(String action, String resource, @Nullable String prefix) {}
}
