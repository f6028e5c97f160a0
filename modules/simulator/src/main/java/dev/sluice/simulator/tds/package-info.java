/// A TDS endpoint: SQL Server's wire protocol, with an engine behind it that knows nothing of the wire.
///
/// The story has two halves. The *contract* is what an engine sees: [SqlEngine] lets a [Login] in, a
/// [SqlSession] runs a [Batch], says what happens to a [ResponseSink] and listens to a [Cancellation]. None of
/// these types knows of packets, so the same session can be driven inside the process with a
/// [CollectedResponse].
///
/// The *protocol* is [TdsServer]. Each connection has two threads. One owns everything that is written: it
/// shakes hands, logs in, runs the engine and answers. The other starts after the login and only reads, because
/// an attention (the client's cancel) must be noticed while the first is deep inside a statement. They meet in
/// the [Inbox], nowhere else.
///
/// Bytes pass through thin layers, each a file: [Wire] (the socket and its deadlines), [TlsStream],
/// [PacketReader] and [PacketWriter], then the messages ([Prelogin], [Login7], [RpcRequest]) and tokens
/// ([Tokens], [TypeCodec]).
///
/// It speaks TDS 7.2 to 7.4 and 8.0, to programs on the same machine; it is a stand-in for tests and
/// demonstrations, and no place for data that matters.
///
/// **Source:** MS-TDS, and experiments with mssql-jdbc 13.6.2 and FreeTDS 1.3.17. Where a comment says what a
/// client does, it was seen doing so.
@NullMarked
package dev.sluice.simulator.tds;

import org.jspecify.annotations.NullMarked;
