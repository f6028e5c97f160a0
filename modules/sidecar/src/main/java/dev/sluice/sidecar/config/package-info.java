/// The configuration file: one tree of records, and everything that follows from it.
///
/// [Configuration] is what the program gets. What each key means, its bounds and its default stand beside it, in
/// [Key]; the parser, `config show`, the JSON Schema and the test of `docs/configuration.md` all read them there.
/// [ConfigurationFile] finds and reads the file, and tells all its mistakes at once, each with its place.
@NullMarked
package dev.sluice.sidecar.config;

import org.jspecify.annotations.NullMarked;
