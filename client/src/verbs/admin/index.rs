//! Secondary indexes, as they are created and listed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use spikelet_wire::context::Context;
use spikelet_wire::exp::build::Exp;

use super::info_command::{InfoCommand, parameter_value};
use crate::error::Error;

/// The type of the values in an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexType {
    /// Integers.
    Numeric,
    /// Text.
    String,
    /// Bytes.
    Blob,
    /// GeoJSON: points and regions.
    Geo2dSphere,
}

/// Which part of a bin an index is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CollectionIndexType {
    /// The bin's value itself.
    #[default]
    Default,
    /// The elements of a list.
    List,
    /// The keys of a map.
    MapKeys,
    /// The values of a map.
    MapValues,
}

/// The source and the type of an index. Values of another type are not indexed.
///
/// ```
/// use spikelet_client::wire::context::Context;
/// use spikelet_client::{CollectionIndexType, Index, IndexType, exp};
///
/// let by_age = Index::on("age", IndexType::Numeric);
/// let by_tag = Index::on("tags", IndexType::String).within(CollectionIndexType::List);
/// let by_city = Index::on("address", IndexType::String).context(&Context::new().map_key("city"));
/// let by_sum = Index::on_expression(&(exp::int_bin("a") + exp::int_bin("b")), IndexType::Numeric);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Index {
    source: Source,
    index_type: IndexType,
    collection: CollectionIndexType,
    context: Option<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Bin(String),
    Expression(Vec<u8>),
}

/// An index as the server lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexInfo {
    /// Its namespace.
    pub namespace: String,
    /// Its set; `None` if it covers the whole namespace.
    pub set: Option<String>,
    /// Its name.
    pub name: String,
    /// Its bin; `None` if it is on an expression, or covers all records of its set.
    pub bin: Option<String>,
    /// The type of its values; `None` if this client does not know it.
    pub index_type: Option<IndexType>,
    /// Which part of the bin it is built from.
    pub collection: CollectionIndexType,
    /// Whether it can be queried.
    pub state: IndexState,
}

/// Whether an index can be queried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IndexState {
    /// It can be queried.
    ReadWrite,
    /// It is still being built.
    WriteOnly,
}

impl IndexType {
    const ALL: [Self; 4] = [Self::Numeric, Self::String, Self::Blob, Self::Geo2dSphere];

    const fn name(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::String => "string",
            Self::Blob => "blob",
            Self::Geo2dSphere => "geo2dsphere",
        }
    }
}

impl CollectionIndexType {
    const ALL: [Self; 4] = [Self::Default, Self::List, Self::MapKeys, Self::MapValues];

    const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::List => "list",
            Self::MapKeys => "mapkeys",
            Self::MapValues => "mapvalues",
        }
    }
}

impl Index {
    /// An index on a bin.
    pub fn on(bin: impl Into<String>, index_type: IndexType) -> Self {
        Self::new(Source::Bin(bin.into()), index_type)
    }

    /// An index on the result of an expression, which must be of the index's type, a list or a map.
    pub fn on_expression<T>(expression: &Exp<T>, index_type: IndexType) -> Self {
        Self::new(Source::Expression(expression.as_bytes().to_vec()), index_type)
    }

    const fn new(source: Source, index_type: IndexType) -> Self {
        Self {
            source,
            index_type,
            collection: CollectionIndexType::Default,
            context: None,
        }
    }

    /// Sets which part of a list or a map is indexed.
    pub const fn within(mut self, collection: CollectionIndexType) -> Self {
        self.collection = collection;
        self
    }

    /// Indexes the value at a context within the bin.
    pub fn context(mut self, context: &Context) -> Self {
        let mut packed = Vec::new();
        context.pack(&mut packed);
        self.context = Some(packed);
        self
    }

    /// The context of the indexed value, as bytes.
    #[must_use]
    pub fn context_bytes(&self) -> Option<&[u8]> {
        self.context.as_deref()
    }

    /// The info command that creates the index, for tools that send it themselves. An empty `set` stands for all records of the
    /// namespace.
    ///
    /// ```
    /// use spikelet_client::{Index, IndexType};
    ///
    /// let command = Index::on("age", IndexType::Numeric).to_info("test", "demo", "by_age")?;
    /// assert_eq!(command, "sindex-create:namespace=test;set=demo;indexname=by_age;bin=age;type=numeric");
    /// # Ok::<(), spikelet_client::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a name contains a semicolon or a line break.
    pub fn to_info(&self, namespace: &str, set: &str, name: &str) -> Result<String, Error> {
        let mut line = InfoCommand::new("sindex-create")
            .parameter("namespace", namespace)
            .optional("set", set)
            .parameter("indexname", name);
        if let Some(context) = &self.context {
            line = line.parameter("context", &STANDARD.encode(context));
        }
        if self.collection != CollectionIndexType::Default {
            line = line.parameter("indextype", self.collection.name());
        }
        let line = match &self.source {
            Source::Bin(name) => line.parameter("bin", name),
            Source::Expression(bytes) => line.parameter("exp", &STANDARD.encode(bytes)),
        };
        line.parameter("type", self.index_type.name()).finish()
    }
}

impl IndexInfo {
    pub(super) fn read(text: &str) -> Option<Self> {
        let value = |name: &str| parameter_value(text, ':', name);
        let some = |name| value(name).filter(|value| !matches!(*value, "" | "null" | "NULL"));
        let is = |name: &str, is: &str| value(name).is_some_and(|value| value.eq_ignore_ascii_case(is));
        Some(Self {
            namespace: value("ns")?.to_owned(),
            set: some("set").map(str::to_owned),
            name: value("indexname")?.to_owned(),
            bin: some("bin").map(str::to_owned),
            index_type: IndexType::ALL.into_iter().find(|known| is("type", known.name())),
            collection: CollectionIndexType::ALL
                .into_iter()
                .find(|known| is("indextype", known.name()))
                .unwrap_or_default(),
            state: match is("state", "WO") {
                true => IndexState::WriteOnly,
                false => IndexState::ReadWrite,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_described_as_the_server_takes_them() {
        let index = Index::on("tags", IndexType::String)
            .within(CollectionIndexType::List)
            .context(&Context::new().list_index(0));
        assert_eq!(
            index.to_info("test", "", "i").unwrap(),
            "sindex-create:namespace=test;indexname=i;context=khAA;indextype=list;bin=tags;type=string"
        );
        let bad = Index::on("a;b", IndexType::Blob).to_info("test", "", "i");
        assert!(bad.is_err());
    }

    #[test]
    fn listed_indexes_are_read() {
        let line = "ns=test:indexname=i:set=NULL:bin=a:type=numeric:indextype=mapkeys:context=null:exp=null:state=WO";
        let expected = IndexInfo {
            namespace: "test".into(),
            set: None,
            name: "i".into(),
            bin: Some("a".into()),
            index_type: Some(IndexType::Numeric),
            collection: CollectionIndexType::MapKeys,
            state: IndexState::WriteOnly,
        };
        assert_eq!(IndexInfo::read(line), Some(expected));
        assert_eq!(IndexInfo::read("nonsense"), None);
    }
}
