/// S3Proxy tells what a store can do by the name of its class's package: a store of this package is one in a directory.
@NullMarked
package dev.sluice.simulator.s3.nio2blob;

import org.jspecify.annotations.NullMarked;
