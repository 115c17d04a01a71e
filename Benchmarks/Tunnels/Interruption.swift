import ArgumentParser
import Dispatch
import Foundation
import Glibc
import TestSupport

/// The conditions of a run that makes namespaces: root, and an orderly end after signals.
enum Interruption {
    /// Runs `body` in a task that SIGINT, SIGTERM and SIGHUP cancel, so that namespaces and programs are removed.
    static func watch<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard geteuid() == 0 else {
            throw Failure("named network namespaces need root; run this with sudo")
        }
        let work = Task { try await body() }
        let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { work.cancel() }
            source.resume()
            return source
        }
        let result = await work.result
        for source in sources { source.cancel() }
        if work.isCancelled {
            FileHandle.standardError.write(Data("interrupted\n".utf8))
            throw ExitCode(130)
        }
        return try result.get()
    }
}
