/// The object store of demo and tests: S3Proxy on a directory, in this process, on the loopback interface.
@NullMarked
package dev.sluice.simulator.s3;

import org.jspecify.annotations.NullMarked;
