/// The files that a new installation begins with: a configuration, the login's T-SQL and the bucket's policy,
/// each made from the same answers, so that they fit each other. `sluice init` asks for the answers.
///
/// Nothing here changes the server or the bucket. [InitLook] looks at both; [InitFiles] writes files that did
/// not exist, and no others.
@NullMarked
package dev.sluice.sidecar.init;

import org.jspecify.annotations.NullMarked;
