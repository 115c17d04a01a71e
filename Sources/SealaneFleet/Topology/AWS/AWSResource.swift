import FoundationEssentials

/// A resource that a command of `aws ec2` lists. Members have the names of AWS's JSON, with the first letter in lower
/// case.
///
/// Source: docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Types.html; each type has the name and the page of its
/// own.
protocol AWSResource: Decodable {
    static var command: String { get }
    /// The member of the output that contains the list.
    static var list: String { get }
}
