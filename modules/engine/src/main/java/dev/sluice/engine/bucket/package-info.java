/// This server's directory in the bucket: who has claimed it, which objects are in it, how they are read, and what this
/// process remembers of it.
@NullMarked
package dev.sluice.engine.bucket;

import org.jspecify.annotations.NullMarked;
