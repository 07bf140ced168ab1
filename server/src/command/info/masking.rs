//! `masking` and `masking-show`: the rules of masked bins.

use std::str::FromStr;

use spikelet_wire::{ParticleType, ResultCode};

use super::call::{Answered, Call};
use super::error::InfoError;
use crate::ops::Particle;
use crate::state::SmdItem;
use crate::store::masking::{MaskingFunction, MaskingRule, Redaction};
use crate::store::{BinName, Namespace, Sets};

/// The longest value of a parameter, in bytes.
const MAX_VALUE: usize = 1024;

/// Adds, replaces or removes the rule of a bin.
pub(super) fn masking(call: &mut Call<'_>) -> Answered {
    check_version(call)?;
    if call.state.security().is_none() {
        return Err(InfoError::new(
            ResultCode::SECURITY_NOT_ENABLED,
            "masking needs security, which is not enabled",
        ));
    }
    let namespace = call.required_namespace(&["namespace", "ns"])?;
    let set = call.required("set", Sets::MAX_NAME + 1)?;
    let bin = call.required("bin", BinName::MAX + 1)?;
    let bin = BinName::new(bin.as_bytes()).ok_or(InfoError::parameter("bad 'bin'"))?;
    let particle_type = match call.required("type", MAX_VALUE)? {
        "string" => ParticleType::STRING,
        "integer" => ParticleType::INTEGER,
        "double" => ParticleType::FLOAT,
        "boolean" => ParticleType::BOOL,
        other => {
            return Err(InfoError::parameter(format!(
                "unknown 'type' {other}: expected string, integer, double or boolean"
            )));
        }
    };
    let rule = match call.required("function", MAX_VALUE)? {
        "remove" => None,
        "redact" => Some(MaskingFunction::Redact(redaction(call, particle_type)?)),
        "constant" => Some(MaskingFunction::Constant(constant(call, particle_type)?)),
        other => {
            return Err(InfoError::parameter(format!(
                "unknown 'function' {other}: expected redact, constant or remove"
            )));
        }
    };
    match rule {
        None => remove(call, namespace, (set, bin), particle_type)?,
        Some(function) => {
            let rule = MaskingRule {
                particle_type,
                function,
            };
            change(call, namespace, (set, bin), Some(rule));
        }
    }
    call.say("ok");
    Ok(())
}

fn remove(
    call: &Call<'_>,
    namespace: &Namespace,
    (set, bin): (&str, BinName),
    particle_type: ParticleType,
) -> Result<(), InfoError> {
    let rules = namespace.masking.save();
    let rule = rules.get(set.as_bytes()).and_then(|rules| rules.get(&bin));
    match rule {
        Some(rule) if rule.particle_type == particle_type => {
            change(call, namespace, (set, bin), None);
            Ok(())
        }
        _ => Err(InfoError::new(ResultCode::NOT_FOUND, "rule not found")),
    }
}

fn change(call: &Call<'_>, namespace: &Namespace, (set, bin): (&str, BinName), rule: Option<MaskingRule>) {
    namespace.masking.change(set.as_bytes(), bin, rule);
    let item = SmdItem::Masking {
        namespace: namespace.name.clone(),
        set: set.to_owned(),
        bin,
    };
    call.state.smd().record(item, call.now);
}

fn redaction(call: &Call<'_>, particle_type: ParticleType) -> Result<Redaction, InfoError> {
    if particle_type != ParticleType::STRING {
        return Err(InfoError::parameter("function redact needs type string"));
    }
    let value = match call.optional("value", MAX_VALUE)? {
        None => None,
        Some(value) => {
            let mut characters = value.chars();
            let first = characters.next().filter(|_| characters.next().is_none());
            Some(first.ok_or(InfoError::parameter("bad 'value': redact needs one character"))?)
        }
    };
    Ok(Redaction {
        position: number(call, "position")?,
        length: number(call, "length")?,
        value,
    })
}

fn constant(call: &Call<'_>, particle_type: ParticleType) -> Result<Particle, InfoError> {
    let text = call.required("value", MAX_VALUE)?;
    let constant = match particle_type {
        ParticleType::STRING => Some(Particle::bytes(ParticleType::STRING, text.as_bytes())),
        ParticleType::INTEGER => text.parse().ok().map(Particle::Int),
        ParticleType::FLOAT => text.parse().ok().map(Particle::Float),
        _ => text.parse().ok().map(Particle::Bool),
    };
    constant.ok_or(InfoError::parameter("bad 'value': it must be of the type of the rule"))
}

fn number<T: FromStr>(call: &Call<'_>, name: &str) -> Result<Option<T>, InfoError> {
    let text = call.optional(name, MAX_VALUE)?;
    let number = text.map(str::parse).transpose();
    number.map_err(|_| InfoError::parameter(format!("bad '{name}'")))
}

/// The rules, separated by colons; those of one namespace, or of one set, if they are named.
pub(super) fn masking_show(call: &mut Call<'_>) -> Answered {
    check_version(call)?;
    let namespace = call.namespace_name(&["ns", "namespace"])?;
    if let Some(name) = namespace {
        call.namespace(name)?;
    }
    let set = call.optional("set", Sets::MAX_NAME + 1)?;
    let of_namespace = |of: &&Namespace| namespace.is_none_or(|name| of.name == name);
    let mut shown = Vec::new();
    for namespace in call.state.namespaces().iter().filter(of_namespace) {
        shown.extend(rules(namespace, set));
    }
    call.say(shown.join(":"));
    Ok(())
}

/// The rules of a namespace, or of one of its sets.
fn rules(namespace: &Namespace, set: Option<&str>) -> Vec<String> {
    let mut shown = Vec::new();
    for (of, rules) in namespace.masking.save().iter() {
        let of = String::from_utf8_lossy(of);
        for (bin, rule) in rules.iter().filter(|_| set.is_none_or(|set| set == of)) {
            shown.push(format!(
                "ns={};set={of};bin={bin};type={};function={}",
                namespace.name,
                type_name(rule),
                rule.function
            ));
        }
    }
    shown
}

/// The items of `smd-show`: `namespace|set|bin|type=function`.
pub(super) fn items(call: &Call<'_>) -> Vec<String> {
    let mut items = Vec::new();
    for namespace in call.state.namespaces() {
        for (set, rules) in namespace.masking.save().iter() {
            let set = String::from_utf8_lossy(set);
            for (bin, rule) in rules.iter() {
                items.push(format!(
                    "{}|{set}|{bin}|{}={}",
                    namespace.name,
                    type_name(rule),
                    rule.function.to_string().replace(';', ",")
                ));
            }
        }
    }
    items
}

const fn type_name(rule: &MaskingRule) -> &'static str {
    match rule.particle_type {
        ParticleType::INTEGER => "integer",
        ParticleType::FLOAT => "double",
        ParticleType::BOOL => "boolean",
        _ => "string",
    }
}

/// Before 8.1.1 there is no such command.
fn check_version(call: &Call<'_>) -> Answered {
    match call.state.config().has_masking() {
        true => Ok(()),
        false => Err(InfoError::unrecognized()),
    }
}
