/// Everything below one prefix of a bucket, from the bucket alone: which servers there are, whether their sidecars give
/// a
/// sign of life, what can be restored, and what is wrong.
@NullMarked
package dev.sluice.engine.fleet;

import org.jspecify.annotations.NullMarked;
