/// An S3 server that costs next to nothing: it understands requests, drops what is uploaded and makes up what is
/// downloaded, so that a client measured against it is the limit.
@NullMarked
package dev.sluice.benchmarks.nulls3;

import org.jspecify.annotations.NullMarked;
