/// XPRESS with Huffman coding, the compression inside SQL Server's compressed backups: a decoder for hostile
/// input, and an encoder that is merely valid.
@NullMarked
package dev.sluice.mtf.xpress;

import org.jspecify.annotations.NullMarked;
