"""The forms of pages under /alerts/, and the fields they share."""

from alerts.form_fields import CheckboxGroups, DurationField, LinesField, PatternsField
from alerts.rule_form import RuleForm

__all__ = ["CheckboxGroups", "DurationField", "LinesField", "PatternsField", "RuleForm"]
