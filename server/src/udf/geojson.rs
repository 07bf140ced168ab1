//! GeoJSON, as scripts see it: an opaque text.

use mlua::{AnyUserData, Lua, LuaString, MultiValue, UserData, UserDataFields, UserDataMethods, Value};

use super::arguments::{Arguments, Object};
use super::value::text_of;

/// A GeoJSON value. Its text is the user value of the object.
#[derive(Debug, Clone, Copy)]
pub(super) struct GeoJson;

impl Object for GeoJson {
    const NAME: &'static str = "GeoJSON";
}

impl UserData for GeoJson {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", Self::NAME);
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_function("__tostring", |lua, values: MultiValue| {
            let object = Arguments::new(lua, values).object::<Self>(1)?;
            let text = text(&object)?;
            let quoted = [b"\"", &*text.as_bytes(), b"\""].concat();
            lua.create_string(quoted)
        });
    }
}

impl GeoJson {
    pub(super) fn create(lua: &Lua, text: &[u8]) -> mlua::Result<AnyUserData> {
        let object = lua.create_userdata(Self)?;
        object.set_user_value(lua.create_string(text_of(text))?)?;
        Ok(object)
    }
}

/// The text of a GeoJSON value.
pub(super) fn text(object: &AnyUserData) -> mlua::Result<LuaString> {
    object.user_value()
}

/// `geojson(text)`.
pub(super) fn construct(lua: &Lua, arguments: &Arguments<'_>) -> mlua::Result<MultiValue> {
    let mut created = MultiValue::new();
    if arguments.count() == 2
        && let Some(text) = arguments.string(2)?
    {
        let object = GeoJson::create(lua, &text.as_bytes())?;
        created.push_back(Value::UserData(object));
    }
    Ok(created)
}
