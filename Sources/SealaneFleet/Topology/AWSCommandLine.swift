import FoundationEssentials
import SealaneEligibility
import Subprocess

/// The AWS command line interface, version 1 or 2, with the user's own configuration, credentials and environment
/// (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, ...). It only ever asks.
public struct AWSCommandLine: Sendable {
    /// A page of a thousand interfaces is about 2 MiB.
    private static var outputByteLimit: Int { 64 << 20 }
    private static var itemsPerPage: Int { 1000 }
    /// A million things of a kind.
    private static var pageLimit: Int { 1000 }

    /// Of the user's configuration; nil: the one in effect.
    public let profile: String?
    private let environment: [String: String]
    private let timeLimit: Duration

    /// - Parameters:
    ///   - environment: the user's. `PATH` tells where the program is.
    ///   - timeLimit: how long each command may take; people type a one-time password meanwhile.
    public init(
        profile: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
        timeLimit: Duration = .seconds(300)
    ) {
        self.profile = profile
        self.environment = environment
        self.timeLimit = timeLimit
    }

    /// The account of the credentials in use, 12 digits. The Region tells the partition: AWS China's accounts are no other's.
    func account(in region: String) async throws(AWSCommandError) -> String {
        struct Identity: Decodable {
            let account: String
        }
        return try await answer(Identity.self, to: ["sts", "get-caller-identity", "--region", region]).account
    }

    /// The Region in effect: that of the environment, else that of the profile.
    public func region() async throws(AWSCommandError) -> String {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = environment[name], !region.isEmpty { return region }
        }
        let ended = try await run(["configure", "get", "region"])
        let region = String(decoding: ended.output, as: UTF8.self).filter { !$0.isWhitespace }
        guard ended.isSuccess, !region.isEmpty else {
            throw AWSCommandError(
                command: Self.name(["configure", "get", "region"]),
                problem: "no Region is set; expected --region, AWS_REGION, or one in the profile")
        }
        return region
    }

    /// All resources of a kind in a Region, page by page.
    func all<Resource: AWSResource>(
        _: Resource.Type = Resource.self, in region: String, _ arguments: [String] = []
    ) async throws(AWSCommandError) -> [Resource] {
        let command =
            ["ec2", Resource.command, "--region", region] + arguments + ["--max-items", "\(Self.itemsPerPage)"]
        var resources: [Resource] = []
        var token: String?
        for _ in 0..<Self.pageLimit {
            let start = token.map { ["--starting-token", $0] } ?? []
            let page = try await answer(AWSPage<Resource>.self, to: command + start)
            resources += page.resources
            guard let next = page.nextToken, !next.isEmpty else { return resources }
            guard next != token else {
                throw AWSCommandError(command: Self.name(command), problem: "it gives the same page again")
            }
            token = next
        }
        throw AWSCommandError(
            command: Self.name(command), problem: "there is more after \(Self.pageLimit) pages of \(Self.itemsPerPage)")
    }

    private func answer<Answer: Decodable>(
        _: Answer.Type, to command: [String]
    ) async throws(AWSCommandError) -> Answer {
        let ended = try await run(command + ["--output", "json"])
        guard ended.isSuccess else {
            throw AWSCommandError(command: Self.name(command), permission: Self.permission(command), said: ended.said)
        }
        do {
            return try AWSJSON.decode(Answer.self, from: ended.output)
        } catch {
            let what = (error as? DecodingError)?.sentence ?? "\(error)"
            throw AWSCommandError(command: Self.name(command), problem: "its answer is not understood: \(what)")
        }
    }

    private struct Ended {
        let isSuccess: Bool
        let output: [UInt8]
        /// On standard error.
        let said: String
    }

    private func run(_ command: [String]) async throws(AWSCommandError) -> Ended {
        func problem(_ text: String) -> AWSCommandError {
            AWSCommandError(command: Self.name(command), problem: text)
        }
        let ended: Ended?
        do {
            // Its end is awaited in any case: what is cancelled, is killed.
            ended = try await withThrowingTaskGroup(of: Ended?.self) { group in
                group.addTask { try await end(of: command) }
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw problem(
                "there is no program aws in the PATH; expected the AWS command line interface "
                    + "(aws.amazon.com/cli, or Debian's awscli)")
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw problem("it says more than \(Self.outputByteLimit) bytes at once")
        } catch {
            throw problem("\(error)")
        }
        guard let ended else { throw problem("it has not ended after \(timeLimit.components.seconds) s") }
        return ended
    }

    private func end(of command: [String]) async throws -> Ended {
        // Neither a pager nor a prompt, and errors of one line, whatever the configuration says.
        let quiet = ["AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off", "AWS_CLI_ERROR_FORMAT": "legacy"]
        let variables = environment.merging(quiet) { $1 }.compactMap { name, value in
            Environment.Key(rawValue: name).map { ($0, value) }
        }
        let ended = try await Subprocess.run(
            .name("aws"), arguments: Arguments(command + (profile.map { ["--profile", $0] } ?? [])),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
            output: .bytes(limit: Self.outputByteLimit), error: .string(limit: 1 << 20))
        return Ended(
            isSuccess: ended.terminationStatus.isSuccess, output: ended.standardOutput, said: ended.standardError)
    }

    /// As people type it: `aws ec2 describe-vpcs --region us-east-1`.
    private static func name(_ command: [String]) -> String {
        let end = command.firstIndex { ["--max-items", "--output"].contains($0) } ?? command.endIndex
        return (["aws"] + command[..<end]).joined(separator: " ")
    }

    /// The IAM action that a command needs: `ec2 describe-vpcs` needs `ec2:DescribeVpcs`.
    private static func permission(_ command: [String]) -> String {
        command[0] + ":" + command[1].split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

/// Why the AWS command line interface did not answer: the command, what it said, and what would be right.
public struct AWSCommandError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
    /// The IAM action that the credentials lack, if that is what is wrong.
    public let missingPermission: String?

    init(command: String, problem: String) {
        description = "\(command): \(problem)"
        missingPermission = nil
    }

    /// - Parameter said: what stands on standard error.
    init(command: String, permission: String, said: String) {
        let lines = said.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0.isWhitespace } }
        let last = lines.last { !$0.isEmpty } ?? "it failed and said nothing"
        // An endpoint's or a proxy's URL may have a password.
        let line = String(last.hasSuffix(".") ? last.dropLast() : last)
            .replacing(/:\/\/[^\/@\s]+@/, with: "://…@")
        // docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; STS says AccessDenied.
        let isDenied = ["(UnauthorizedOperation)", "(AccessDenied)", "(AccessDeniedException)"].contains {
            line.contains($0)
        }
        missingPermission = isDenied ? permission : nil
        let advice =
            if isDenied {
                "; the credentials need the permission \(permission)"
            } else if line.contains("locate credentials") {
                "; expected credentials, as `aws configure` makes them"
            } else {
                ""
            }
        description = "\(command): \(PayloadText.fit(line, limit: 600))\(advice)"
    }
}
