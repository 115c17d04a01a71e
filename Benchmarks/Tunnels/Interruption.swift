import ArgumentParser
import Foundation
import Glibc
import SealaneLinux
import TestSupport

/// The conditions of a run that makes namespaces: root, and an orderly end after signals.
enum Interruption {
    /// Runs `body` in a task that SIGINT, SIGTERM and SIGHUP cancel, so that namespaces and programs are removed.
    static func watch<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard geteuid() == 0 else {
            throw Failure("named network namespaces need root; run this with sudo")
        }
        return try await SealaneLinux.Interruption.cancels {
            let result: Result<Value, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            guard !Task.isCancelled else {
                FileHandle.standardError.write(Data("interrupted\n".utf8))
                throw ExitCode(130)
            }
            return try result.get()
        }
    }
}
