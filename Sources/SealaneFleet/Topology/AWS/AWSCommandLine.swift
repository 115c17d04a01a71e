import FoundationEssentials
import SealaneEligibility
import Subprocess

/// The AWS CLI, version 1 or 2, with the user's own configuration, credentials and environment (`AWS_PROFILE`,
/// `AWS_ENDPOINT_URL`, ...). Only read-only commands are used.
package struct AWSCommandLine: Sendable {
    /// A page of 1000 interfaces is about 2 MiB.
    private static var outputByteLimit: Int { 64 << 20 }
    private static var itemsPerPage: Int { 1000 }
    /// A million resources of one kind.
    private static var pageLimit: Int { 1000 }

    /// The profile in the user's configuration; nil for the one in effect.
    package let profile: String?
    private let environment: [String: String]
    private let timeLimit: Duration

    /// - Parameters:
    ///   - environment: the user's environment. `PATH` determines the program.
    ///   - timeLimit: the time limit of each command. Users may have to enter a one-time password meanwhile.
    package init(
        profile: String? = nil, environment: [String: String] = ProcessInfo.processInfo.environment,
        timeLimit: Duration = .seconds(300)
    ) {
        self.profile = profile
        self.environment = environment
        self.timeLimit = timeLimit
    }

    /// The account of the credentials, 12 digits. The Region determines the partition: AWS China accounts are separate.
    func account(in region: String) async throws(AWSCommandError) -> String {
        struct Identity: Decodable {
            let account: String
        }
        return try await decode(Identity.self, from: ["sts", "get-caller-identity", "--region", region]).account
    }

    /// The Region in effect: from the environment, otherwise from the profile.
    package func region() async throws(AWSCommandError) -> String {
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let region = environment[name], !region.isEmpty { return region }
        }
        let result = try await run(["configure", "get", "region"])
        let region = String(decoding: result.output, as: UTF8.self).filter { !$0.isWhitespace }
        guard result.isSuccess, !region.isEmpty else {
            throw AWSCommandError(
                command: Self.name(["configure", "get", "region"]),
                problem: "no Region is set; expected --region, AWS_REGION, or one in the profile")
        }
        return region
    }

    /// All resources of one kind in a Region, page by page.
    func all<Resource: AWSResource>(
        _: Resource.Type = Resource.self, in region: String, _ arguments: [String] = []
    ) async throws(AWSCommandError) -> [Resource] {
        let command =
            ["ec2", Resource.command, "--region", region] + arguments + ["--max-items", "\(Self.itemsPerPage)"]
        var resources: [Resource] = []
        var token: String?
        for _ in 0..<Self.pageLimit {
            let start = token.map { ["--starting-token", $0] } ?? []
            let page = try await decode(AWSPage<Resource>.self, from: command + start)
            resources += page.resources
            guard let next = page.nextToken, !next.isEmpty else { return resources }
            guard next != token else {
                throw AWSCommandError(command: Self.name(command), problem: "it returned the same page again")
            }
            token = next
        }
        throw AWSCommandError(
            command: Self.name(command), problem: "it has more than \(Self.pageLimit) pages of \(Self.itemsPerPage)")
    }

    private func decode<Output: Decodable>(
        _: Output.Type, from command: [String]
    ) async throws(AWSCommandError) -> Output {
        let result = try await run(command + ["--output", "json"])
        guard result.isSuccess else {
            throw AWSCommandError(
                command: Self.name(command), permission: Self.permission(command), errorText: result.errorText)
        }
        do {
            return try AWSJSON.decode(Output.self, from: result.output)
        } catch {
            let what = (error as? DecodingError)?.sentence ?? "\(error)"
            throw AWSCommandError(command: Self.name(command), problem: "its output is not understood: \(what)")
        }
    }

    private struct CommandResult {
        let isSuccess: Bool
        let output: [UInt8]
        /// The text on standard error.
        let errorText: String
    }

    private func run(_ command: [String]) async throws(AWSCommandError) -> CommandResult {
        func problem(_ text: String) -> AWSCommandError {
            AWSCommandError(command: Self.name(command), problem: text)
        }
        let result: CommandResult?
        do {
            // The task group waits for the command to end. Cancellation kills it.
            result = try await withThrowingTaskGroup(of: CommandResult?.self) { group in
                group.addTask { try await runToEnd(command) }
                group.addTask {
                    try await Task.sleep(for: timeLimit)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw problem(
                "the program aws is not in PATH; expected the AWS CLI "
                    + "(aws.amazon.com/cli, or Debian's awscli)")
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw problem("its output is longer than \(Self.outputByteLimit) bytes")
        } catch {
            throw problem("\(error)")
        }
        guard let result else { throw problem("it did not finish within \(timeLimit.components.seconds) s") }
        return result
    }

    private func runToEnd(_ command: [String]) async throws -> CommandResult {
        // No pager, no prompts, and one-line errors, whatever the configuration.
        let quiet = ["AWS_PAGER": "", "AWS_CLI_AUTO_PROMPT": "off", "AWS_CLI_ERROR_FORMAT": "legacy"]
        let variables = environment.merging(quiet) { $1 }.compactMap { name, value in
            Environment.Key(rawValue: name).map { ($0, value) }
        }
        let result = try await Subprocess.run(
            .name("aws"), arguments: Arguments(command + (profile.map { ["--profile", $0] } ?? [])),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)),
            output: .bytes(limit: Self.outputByteLimit), error: .string(limit: 1 << 20))
        return CommandResult(
            isSuccess: result.terminationStatus.isSuccess, output: result.standardOutput,
            errorText: result.standardError)
    }

    /// For display: `aws ec2 describe-vpcs --region us-east-1`.
    private static func name(_ command: [String]) -> String {
        let end = command.firstIndex { ["--max-items", "--output"].contains($0) } ?? command.endIndex
        return (["aws"] + command[..<end]).joined(separator: " ")
    }

    /// The IAM action that a command needs: `ec2 describe-vpcs` needs `ec2:DescribeVpcs`.
    private static func permission(_ command: [String]) -> String {
        command[0] + ":" + command[1].split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
