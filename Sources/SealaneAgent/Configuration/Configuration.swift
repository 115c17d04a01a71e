import Logging
import SealaneAEAD
import SealaneDataplane
import SealaneEligibility
import SealaneFleet
import SealaneIdentity
import SealanePacket
import SealaneTunnel

/// What one configuration file says, complete and free of contradictions. `ConfigurationDecoder` makes it.
public struct Configuration: Sendable, Equatable {
    /// This host's end of the tunnel.
    public struct Agent: Sendable, Equatable {
        /// The TUN device's name.
        public var interface: String
        /// The underlay endpoint of lane 0. Its address is one host's, never a wildcard.
        public var listen: Endpoint
        /// The interface of a link-local `listen`; nil for all others.
        public var listenZone: String?
        /// This host's overlay addresses, each with the length of the network around it.
        public var addresses: [IPPrefix]
        /// Nil: the key is in no file, and is another with every start.
        public var privateKeyFile: String?
        /// Whether a key file that is not there is made.
        public var generatesKeys: Bool
        public var stateDirectory: String
        public var controlSocket: String
        /// The TUN device's MTU in bytes; nil: derived from the egress interface.
        public var mtu: Int?
    }

    public struct Session: Sendable, Equatable {
        /// A session older than this is replaced.
        public var rekeyAfter: Duration
    }

    public struct Lanes: Sendable, Equatable {
        /// Nil: as many as this host's processors suggest.
        public var count: UInt8?
        /// The processors that lanes are bound to, counted from 0; empty: to none.
        public var processors: [Int]
        /// Whether a lane that has nothing to do looks again for a while before it sleeps.
        public var spins: Bool
    }

    /// Whose certificates count, and which one this host presents.
    public struct Identity: Sendable, Equatable {
        /// A certificate and the key that it is for.
        public struct Own: Sendable, Equatable {
            public var certificateFile: String
            public var keyFile: String
        }

        /// The fleet's authorities, in PEM.
        public var trustFile: String
        /// Nil: this host presents no certificate.
        public var own: Own?
        /// Nil: no certificate is revoked.
        public var revocationsFile: String?
        /// How old the revocation list may be.
        public var revocationsMaximumAge: Duration = .seconds(30 * 86400)
        /// Whether an older list refuses every certificate. Otherwise the agent warns.
        public var refusesStaleRevocations = false
    }

    /// The snapshot that the routes to peers are judged by.
    public struct Topology: Sendable, Equatable {
        public var file: String
        /// How old it may be.
        public var maximumAge: Duration
    }

    public struct Crypto: Sendable, Equatable {
        /// Nil: the agent chooses.
        public var provider: AEADProvider?
        /// Best first; nil: all that this processor runs, best first.
        public var suites: [CipherSuite]?
    }

    /// Whether the instance metadata service is asked for facts of this instance, and where.
    public struct InstanceMetadata: Sendable, Equatable {
        public enum Use: String, CaseIterable, Sendable {
            /// On EC2, and where an endpoint is named. What is stated counts until there is an answer.
            case auto
            case off
            /// Always. Until there is an answer, no peer is eligible.
            case on
        }

        public var use: Use
        /// Nil: the service's own link-local addresses.
        public var endpoint: Endpoint?

        /// - Parameter hardwareVendor: who made this machine, as its firmware says.
        public func isAsked(hardwareVendor: String?) -> Bool {
            switch use {
            case .off: false
            case .on: true
            case .auto: endpoint != nil || Self.isOnEC2(hardwareVendor: hardwareVendor)
            }
        }

        /// As all instances say whose types encrypt; those on Xen, which say otherwise, do not.
        static func isOnEC2(hardwareVendor: String?) -> Bool { hardwareVendor == "Amazon EC2" }
    }

    public var agent: Agent
    public var crypto: Crypto
    public var lanes: Lanes
    /// Complete: each offload has its setting.
    public var offloads: [Offload: OffloadSetting]
    public var fleetName: String
    /// Nil: certificates are not looked at.
    public var identity: Identity?
    /// What the operator states of this instance, its overlay addresses included.
    public var facts: Facts
    public var metadata: InstanceMetadata
    /// In the order of the file.
    public var peers: [PeerDefinition]
    public var policy: Policy
    /// Nil: nothing is known of routes.
    public var topology: Topology?
    public var session: Session
    public var logLevel: Logger.Level
    /// Nil: there is no audit log.
    public var auditLogPath: String?
    /// Where metrics are served over TCP; nil: nowhere.
    public var metricsListen: Endpoint?
    /// Where in the file the values stand.
    public var source: ConfigurationSource
}

/// Where the values of a configuration stand in its file, for problems that show only later.
public struct ConfigurationSource: Sendable, Equatable {
    /// The file's path as the operator gave it.
    public let file: String
    /// By path of the value: `agent.listen`, `peers[2].addresses[0]`.
    var positions: [String: ConfigurationPosition] = [:]
    /// Of the public keys of `peers`, by their indices: kept in few bytes, since this host's own key is known later.
    private var publicKeyPositions: [ConfigurationPosition] = []

    init(file: String) {
        self.file = file
    }

    /// Without the positions of what is judged completely while the file is read: of ten thousand peers they take more
    /// memory than the peers.
    var forLater: ConfigurationSource {
        var source = self
        source.positions = positions.filter {
            !$0.key.hasPrefix("peers[") || $0.key.hasSuffix(".preshared-key-file")
        }
        while let position = positions["peers[\(source.publicKeyPositions.count)].public-key"] {
            source.publicKeyPositions.append(position)
        }
        return source
    }

    /// A problem with the value at `path`, for example `peers[0].preshared-key-file`. Without a position if the value is
    /// not in the file.
    public func problem(at path: String, _ message: String) -> ConfigurationProblem {
        ConfigurationProblem(file: file, position: positions[path], message: message)
    }

    /// A problem with the public key of the peer of this index.
    func problem(ofPublicKeyOfPeer index: Int, _ message: String) -> ConfigurationProblem {
        let position = publicKeyPositions.indices.contains(index) ? publicKeyPositions[index] : nil
        return ConfigurationProblem(file: file, position: position, message: message)
    }
}

/// A place in a text file. Line and column count from 1, columns in Unicode scalars.
public struct ConfigurationPosition: Sendable, Hashable, Comparable {
    public let line: Int
    public let column: Int

    public static func < (left: Self, right: Self) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong with a configuration: `file:line:column: what is wrong; what would be right`.
public struct ConfigurationProblem: Sendable, Hashable, CustomStringConvertible {
    public let file: String
    /// nil if the problem is the file as a whole.
    public let position: ConfigurationPosition?
    public let message: String

    public var description: String {
        guard let position else { return "\(file): \(message)" }
        return "\(file):\(position.line):\(position.column): \(message)"
    }
}

/// All problems of one file, in the order of their lines.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    public let problems: [ConfigurationProblem]

    public init(problems: [ConfigurationProblem]) {
        func place(_ problem: ConfigurationProblem) -> ConfigurationPosition {
            problem.position ?? ConfigurationPosition(line: 0, column: 0)
        }
        self.problems = problems.enumerated()
            .sorted { (place($0.element), $0.offset) < (place($1.element), $1.offset) }
            .map(\.element)
    }

    /// One problem a line.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Configuration {
    /// Checks that no peer has this host's own public key.
    public func validate(ownKey: PublicKey) throws(ConfigurationError) {
        let problems = PeerConflict.all(among: peers, with: ownKey).map { conflict in
            source.problem(
                ofPublicKeyOfPeer: conflict.peer,
                "public key of peer \(peers[conflict.peer].name): \(conflict)")
        }
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    /// This host's public key, as its private key's file says. Nil: there is none, or it cannot be read.
    public var publicKeyOnDisk: PublicKey? {
        guard let path = agent.privateKeyFile else { return nil }
        return try? PrivateKeyFile.read(path).publicKey
    }
}
