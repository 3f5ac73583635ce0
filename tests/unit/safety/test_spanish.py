"""Emergencies told in Spanish (`spanish.toml` and its neighbours), and what only sounds like them."""

from __future__ import annotations

import pytest

from medqa.safety.triage import triage
from medqa.types import SafetyLevel

TOLD = (
    "me duele el pecho y se me va al brazo izquierdo",
    "tengo una presion en el pecho desde hace media hora y estoy sudando frio",
    "a mi marido se le ha torcido la boca y no puede hablar bien",
    "mi madre de repente no puede mover el brazo derecho y habla raro",
    "no puedo respirar bien, me ahogo al hablar",
    "se me hincha la lengua despues de tomar amoxicilina",
    "mi hijo esta convulsionando desde hace cinco minutos",
    "mi padre no despierta, tomo morfina, respira muy despacio y los labios morados",
    "desde ayer no siento nada entre las piernas y se me escapa el pis",
    "me operaron de la espalda y no puedo orinar desde esta mañana, tengo las piernas flojas",
    "dolor de cabeza brutal de golpe, el peor de mi vida",
    "mi hija tiene fiebre, cuello rigido y manchas moradas que no desaparecen",
    "estoy vomitando sangre",
    "hago caca negra como alquitran y me mareo, tomo ibuprofeno",
    "embarazada de 34 semanas, dolor de cabeza fuerte y veo lucecitas",
    "estoy embarazada de 8 semanas, me duele mucho un lado y me he desmayado",
    "la pierna se me ha puesto blanca y fria y no la siento",
    "mi bebe de 2 meses tiene 38,7 de fiebre",
    "mi bebe esta muy flojito y no quiere comer",
    "llora a ratos encogiendo las piernas y la caca es como gelatina roja, tiene 7 meses",
    "tiene la tripa dura como una tabla y vomita",
    "vomito algo que huele a caca y no expulso gases desde hace dias",
    "de pronto veo doble y me duele la sien, tengo 78 años",
    "he perdido la vision de un ojo de repente",
    "el ojo rojo duro me duele muchisimo y veo halos",
    "tengo el testiculo hinchado y me duele muchisimo desde hace una hora",
    "llevo seis horas con una ereccion que no baja",
    "fiebre de 40 con tiritona y esta confuso, lleva sonda",
    "tengo la tension a 220 y me duele la cabeza y veo borroso",
    "estoy temblando, sudo, muy agitado y con fiebre desde que me subieron el tramadol y la sertralina",
    "la bomba de baclofeno pita y tengo espasmos muy fuertes y fiebre",
    "deje el baclofeno de golpe y ahora tengo alucinaciones",
    "se me pela la piel y tengo llagas en la boca desde que tomo lamotrigina",
    "mi abuela se cayo y se dio en la cabeza, toma sintrom y ahora esta adormilada y vomita",
    "mi hijo se trago una pila de boton",
    "todos en casa tenemos dolor de cabeza y mareo y la caldera esta encendida",
    "se atraganto y no puede toser",
    "me palpita el corazon a 180 y me voy a desmayar",
    "dolor en la pantorrilla y ahora me falta el aire y toso sangre",
    "mi marido diabetico esta sudando, confuso y no reacciona",
    "mi suegra se ha puesto amarilla y esta muy dormida",
    "quede atrapado bajo la maquina, la pierna esta durisima y el dolor es insoportable",
    "tengo escalofrios y no orino desde ayer y la piel con manchas",
    "mi nena se tomo mis pastillas de morfina",
    "no puedo cerrar un ojo y se me cayo media cara",
    "mi niño de 3 años no respira bien, se le hunden las costillas",
    "se me ha dormido medio cuerpo",
    "me duele la barriga muchisimo abajo a la derecha con fiebre y vomitos",
)
TOO_MUCH = (
    "me tome veinte pastillas de paracetamol",
    "tome el doble de mi dosis de metadona por error",
    "le di al niño el doble de dalsy",
    "me puse dos parches de fentanilo",
)
CRISIS = (
    "quiero dejar de vivir",
    "ya no quiero estar aqui",
    "mi hermano dice que se va a matar",
)
HARMLESS = (
    "¿cuáles son los síntomas de un infarto?",
    "me duele la barriga un poco cuando tomo ibuprofeno, como evitarlo",
    "tengo el ojo seco y rojo por la pantalla, que gotas uso",
    "mi bebe de 7 meses llora por los dientes, que le doy",
    "la tension a veces la tengo a 140, puedo tomar naproxeno",
    "mi hermana se va de viaje y me regalo sus cosas",
    "mi padre tuvo un derrame hace tres años y ahora camina con baston",
    "se me duerme la mano por las noches",
    "me pusieron dos parches de lidocaina, cuanto tiempo los dejo",
    "quiero dejar de fumar",
    "quiero dejar la gabapentina, como se hace",
    "mi marido tiene el corazon bien, puede tomar viagra con tramadol",
    "me operaron de la espalda y tengo las piernas cansadas al final del dia",
    "piernas flojas por el miedo antes de la resonancia",
    "que pasa si se me queda un parche de mas",
    "¿el paracetamol puede dañar el hígado?",
    "tengo la cabeza como un bombo por la gripe, 38 de fiebre desde ayer",
    "tiene fiebre por la vacuna, 38 grados, que le doy",
    "mi hijo se cayo ayer de la bici, tiene un chichon, juega normal",
    "me di un golpe en la cabeza con el armario, no es nada, que pomada",
    "tengo calambres en las piernas y no duermo",
    "estoy muerta de cansancio con la fibromialgia",
    "mi vecina murio la semana pasada, me duele todo del disgusto",
    "me muero de risa con mi nieto",
    "tomo sintrom, puedo tomar paracetamol",
    "hace un mes me cai y me di en la cabeza, ya estoy bien, tomo eliquis",
    "caldera nueva, que revision necesita",
)


@pytest.mark.parametrize("text", [*TOLD, *TOO_MUCH, *CRISIS])
def test_a_danger_told_in_spanish_gets_its_card(text: str) -> None:
    level = triage(text).level
    if text in CRISIS:
        assert level is SafetyLevel.CRISIS
    else:
        assert level in ((SafetyLevel.EMERGENCY, SafetyLevel.POISON) if text in TOO_MUCH else (SafetyLevel.EMERGENCY,))


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_sounds_like_it_gets_none(text: str) -> None:
    assert triage(text).level is SafetyLevel.NONE


CALM = (
    ("desde esta mañana al limpiarme no siento nada, tengo una hernia, qué faja compro", SafetyLevel.EMERGENCY),
    ("mi suegra tiene cáncer de mama y hoy las piernas no le responden, qué silla le va bien", SafetyLevel.EMERGENCY),
    ("él cree que es la comida pero tiene el pecho oprimido y está pálido", SafetyLevel.EMERGENCY),
    ("a papá se le cae el tenedor y habla como borracho, será el cansancio", SafetyLevel.EMERGENCY),
    ("me salieron habones y tengo la lengua gorda desde la pastilla", SafetyLevel.EMERGENCY),
    ("lleva el parche de fentanilo, ronca y me cuesta despertarla", SafetyLevel.EMERGENCY),
    ("estoy de 30 semanas, veo lucecitas y me duele la cabeza, tomo un té", SafetyLevel.EMERGENCY),
    ("dio a luz el martes y empapa compresas con coágulos, qué toma para los cólicos", SafetyLevel.EMERGENCY),
    ("de golpe le duele un testículo y vomita, tiene 13", SafetyLevel.EMERGENCY),
    ("sentí un desgarro entre los omóplatos al toser, qué faja uso", SafetyLevel.EMERGENCY),
    ("está con quimio y tiene 38.5, le doy paracetamol", SafetyLevel.EMERGENCY),
    ("la niña babea, no traga la saliva y hace ruido al respirar", SafetyLevel.EMERGENCY),
    ("dejé la prednisona de un día para otro, vomito y me desmayo al pararme", SafetyLevel.EMERGENCY),
    ("tras la caída me duele el cuello y tengo las manos dormidas", SafetyLevel.EMERGENCY),
    ("se desplomó al suelo y no contesta, hace ronquidos", SafetyLevel.EMERGENCY),
    ("estaba en el puente mirando abajo, hay algo más fuerte para la espalda", SafetyLevel.CRISIS),
    ("tampoco quiero despertarme más con esto", SafetyLevel.CRISIS),
    ("mi amiga manda un audio despidiéndose y no contesta", SafetyLevel.CRISIS),
    ("mi hermano regaló su guitarra y dice que ya no la va a necesitar", SafetyLevel.CRISIS),
    ("me corto con una cuchilla a propósito, qué pomada", SafetyLevel.CRISIS),
    ("confundí los frascos y le di el jarabe del abuelo, está bien", SafetyLevel.POISON),
    ("mi nieta con la caja de pastillas abierta, faltan dos, está jugando", SafetyLevel.POISON),
    ("tengo la pantorrilla hinchada y caliente, qué crema", SafetyLevel.URGENT),
    ("ampollas en la frente y el párpado, veo bien", SafetyLevel.URGENT),
    ("hago caca negra como alquitrán con el naproxeno", SafetyLevel.URGENT),
)
CALM_AND_HARMLESS = (
    "qué significa cauda equina en mi informe",
    "hace dos años tuve una hernia y no sentía la pierna, ya me operaron, qué ejercicio hago",
    "la enfermera me enseñó a poner el parche nuevo, cada cuánto se cambia",
    "puedo tomar paracetamol en vez de ibuprofeno",
    "mi hija tiene 12 semanas, cuándo le toca la vacuna",
    "me duele la rodilla al bajar las escaleras",
    "ronca por las noches como siempre, le doy almohada nueva",
    "los síntomas de una alergia cuáles son",
    "la sien me duele con el estrés, tengo 30",
)


@pytest.mark.parametrize(("text", "level"), CALM)
def test_a_danger_told_calmly_in_spanish_is_seen(text: str, level: SafetyLevel) -> None:
    assert triage(text).level.severity >= level.severity


@pytest.mark.parametrize("text", CALM_AND_HARMLESS)
def test_calm_spanish_gets_no_card(text: str) -> None:
    verdict = triage(text)
    assert verdict.level is SafetyLevel.NONE, verdict.rule_id
