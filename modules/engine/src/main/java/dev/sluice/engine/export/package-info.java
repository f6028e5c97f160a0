/// What an instance has beside its databases, as T-SQL, sealed with a passphrase: read from the server, kept in
/// the bucket, opened again and run on a new server.
@NullMarked
package dev.sluice.engine.export;

import org.jspecify.annotations.NullMarked;
